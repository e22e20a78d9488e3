"""Models that publish themselves. The public names are in ``stream.activity``."""
