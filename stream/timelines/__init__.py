"""Timelines: where the rows of a home feed are read from."""

from stream.timelines.base import Timeline, get_timeline
from stream.timelines.join import JoinTimeline

__all__ = ["JoinTimeline", "Timeline", "get_timeline"]
