"""Models that publish themselves. Their face is ``stream.activity``."""
