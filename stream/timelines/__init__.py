"""Timelines: where the rows of a home feed are read from."""

from typing import TYPE_CHECKING, Any

from stream.timelines.base import Timeline, get_timeline
from stream.timelines.join import JoinTimeline

if TYPE_CHECKING:
    from stream.timelines.stores.redis_store import RedisTimeline
    from stream.timelines.stores.table import TableTimeline

__all__ = ["JoinTimeline", "RedisTimeline", "TableTimeline", "Timeline", "get_timeline"]


def __getattr__(name: str) -> Any:
    # They need models, which cannot be imported while this app is being loaded.
    if name == "TableTimeline":
        from stream.timelines.stores.table import TableTimeline

        return TableTimeline
    if name == "RedisTimeline":
        from stream.timelines.stores.redis_store import RedisTimeline

        return RedisTimeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
