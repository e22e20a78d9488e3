"""The settings of stored timelines, read live so that ``override_settings`` works."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.conf import settings

from stream import conf
from stream.conf import read_options, wrong_option


@dataclass(frozen=True)
class Options:
    """What ``STREAM_TIMELINE_OPTIONS`` says, or its defaults."""

    keep: int = 1000  # rows of each timeline
    chunk: int = 10_000  # followers that one transaction serves
    join_above: int | None = 10_000  # followers

    def __post_init__(self) -> None:
        for name, least in (("keep", 1), ("chunk", 1), ("join_above", 0)):
            value = getattr(self, name)
            if value is None and name == "join_above":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise _wrong(name, value, f"write a whole number from {least} on")


def options() -> Options:
    """Return ``STREAM_TIMELINE_OPTIONS``. Raises ImproperlyConfigured."""
    return read_options("STREAM_TIMELINE_OPTIONS", Options)


_wrong = partial(wrong_option, "STREAM_TIMELINE_OPTIONS")


redis_url = partial(conf.redis_url, "RedisTimeline")


def redis_is_cluster() -> bool:
    """Return ``STREAM_REDIS_CLUSTER``: whether the server is a node of a cluster."""
    return bool(getattr(settings, "STREAM_REDIS_CLUSTER", False))


def redis_prefix() -> str:
    """Return ``STREAM_REDIS_PREFIX``, with which all keys begin."""
    return str(getattr(settings, "STREAM_REDIS_PREFIX", "stream:"))
