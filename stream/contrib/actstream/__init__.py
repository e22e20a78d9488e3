"""The old names of django-activity-stream 2.0: write ``stream.contrib.actstream`` in its place.

Each tells by a DeprecationWarning what to write instead.
"""

from stream.contrib.actstream.signals import action

__all__ = ["action"]
