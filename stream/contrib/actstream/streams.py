"""``from actstream.streams import stream``, another name of ``decorators.stream``."""

from stream.contrib.actstream.decorators import stream

__all__ = ["stream"]
