"""The settings of stored timelines, read live so that ``override_settings`` works."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DELIVERIES = ("after_commit", "celery", "command")


@dataclass(frozen=True)
class Options:
    """What ``STREAM_TIMELINE_OPTIONS`` says, or its defaults."""

    keep: int = 1000  # rows of each timeline
    chunk: int = 10_000  # followers that one transaction serves
    join_above: int | None = 10_000  # followers
    deliver: str = "after_commit"
    queue: str | None = None  # of Celery
    retry_after: int = 300  # seconds

    def __post_init__(self) -> None:
        for name, least in (("keep", 1), ("chunk", 1), ("join_above", 0), ("retry_after", 1)):
            value = getattr(self, name)
            if value is None and name == "join_above":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise _wrong(name, value, f"write a whole number from {least} on")
        if self.deliver not in DELIVERIES:
            raise _wrong("deliver", self.deliver, f"choose one of {', '.join(DELIVERIES)}")
        if self.queue is not None and not (isinstance(self.queue, str) and self.queue):
            raise _wrong("queue", self.queue, "write the name of a queue of Celery, or None")


def options() -> Options:
    """Return ``STREAM_TIMELINE_OPTIONS``. Raises ImproperlyConfigured."""
    given = getattr(settings, "STREAM_TIMELINE_OPTIONS", {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"STREAM_TIMELINE_OPTIONS = {given!r:.80}: write a dict.")
    try:
        return _options(**given)
    except TypeError:
        known = [field.name for field in fields(Options)]
        for name, value in given.items():
            if name not in known:
                raise _wrong(name, value, f"the options are {', '.join(known)}") from None
            _options(**{name: repr(value) if _is_odd(value) else value})
        raise


@lru_cache(maxsize=32)
def _options(**given: Any) -> Options:
    return Options(**given)


def _is_odd(value: Any) -> bool:
    return type(value).__hash__ is None


def _wrong(name: str, value: Any, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"STREAM_TIMELINE_OPTIONS[{name!r}] = {value!r:.80}: {remedy}.")


def redis_url() -> str:
    """Return ``STREAM_REDIS_URL``. Raises ImproperlyConfigured."""
    url = getattr(settings, "STREAM_REDIS_URL", None)
    if not isinstance(url, str) or not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            f"STREAM_REDIS_URL = {url!r:.80}: RedisTimeline needs the address of a server; write "
            f"one such as 'redis://127.0.0.1:6379/0'."
        )
    return url


def redis_is_cluster() -> bool:
    """Return ``STREAM_REDIS_CLUSTER``: whether the address is that of a node of a cluster."""
    return bool(getattr(settings, "STREAM_REDIS_CLUSTER", False))


def redis_prefix() -> str:
    """Return ``STREAM_REDIS_PREFIX``, with which all keys begin."""
    return str(getattr(settings, "STREAM_REDIS_PREFIX", "stream:"))
