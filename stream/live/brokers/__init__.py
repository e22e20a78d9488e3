"""Brokers: how what happens in one process is told to the streams of all others."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.db import connections

from stream.conf import load_subclass
from stream.live.conf import options

#: The brokers by their names in ``STREAM_LIVE``.
BROKERS = {
    "polling": "stream.live.brokers.polling.PollingBroker",
    "postgresql": "stream.live.brokers.postgresql.PostgreSQLBroker",
    "redis": "stream.live.brokers.redis_server.RedisBroker",
}


def broker_name() -> str:
    """Return the name or path of the broker: that of ``STREAM_LIVE``, or the best there is."""
    asked = options()
    if asked.broker:
        return asked.broker
    if getattr(settings, "STREAM_REDIS_URL", None) and find_spec("redis"):
        return "redis"
    if connections[asked.database].vendor == "postgresql" and find_spec("psycopg"):
        return "postgresql"
    return "polling"


def get_broker() -> Any:
    """Return the broker of this process. Raises ImproperlyConfigured."""
    name = broker_name()
    return _make(BROKERS.get(name, name))


@lru_cache(maxsize=8)
def _make(path: str) -> Any:
    found = load_subclass("STREAM_LIVE['broker']", path, "stream.live.brokers.base.Broker")
    return found()
