"""``from actstream.streams import stream``, another name of ``decorators.stream``."""

from stream.contrib.actstream.decorators import stream
from stream.contrib.old_modules import old_names

__all__ = ["stream"]

__getattr__ = old_names(__name__)
