"""Timelines: where the rows of a home feed are read from."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stream.plan.timeline import JoinTimeline, Timeline, get_timeline

if TYPE_CHECKING:
    from stream.timelines.stores.redis_store import RedisTimeline
    from stream.timelines.stores.table import TableTimeline

__all__ = ["JoinTimeline", "RedisTimeline", "TableTimeline", "Timeline", "get_timeline"]


# Stores need models, which cannot be imported while this app is being loaded.
_STORES = {"RedisTimeline": "redis_store", "TableTimeline": "table"}


def __getattr__(name: str) -> Any:
    if name in _STORES:
        return getattr(import_module(f"{__name__}.stores.{_STORES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
