"""Activity streams for Django on real foreign keys."""

__version__ = "1.0a1"
