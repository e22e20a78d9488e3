"""Redis: what is published on a channel, one connection of each process hears."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import lru_cache
from time import monotonic
from typing import Any
from urllib.parse import quote

from stream.live.brokers.base import Broker, Run
from stream.live.conf import redis_channel, redis_url
from stream.live.hints import Hints, anything, read, write

try:
    import redis
    import redis.asyncio
    from redis.exceptions import RedisError
except ImportError:  # a system check says so
    redis, RedisError = None, OSError  # type: ignore[assignment, misc]

logger = logging.getLogger("stream.live")

TIMEOUT_SECONDS = 2
PAUSE_SECONDS = 5  # in which a server that did not answer is told nothing
PING_SECONDS = 20


class RedisBroker(Broker):
    """Publishes after the commit. A server that does not answer costs one timeout in 5 seconds."""

    def __init__(self) -> None:
        self._paused_until: dict[str, float] = {}  # by address

    def tell(self, hints: Hints, using: str) -> None:
        if monotonic() < self._paused_until.get(redis_url(), 0):
            return
        try:
            client(redis_url()).publish(redis_channel(), write(hints))
        except RedisError as error:
            self._paused_until[redis_url()] = monotonic() + PAUSE_SECONDS
            logger.warning("stream.live: Redis was not told what is new: %s", error)

    async def listen(self, run: Run) -> AsyncIterator[Hints]:
        # In a cluster each node publishes what any of them was told.
        server = redis.asyncio.Redis.from_url(
            redis_url(),
            client_name=quote(redis_channel()),  # for who looks at CLIENT LIST
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_keepalive=True,
            health_check_interval=PING_SECONDS,
            retry=None,
        )
        async with server, server.pubsub() as channel:
            await channel.subscribe(redis_channel())
            while True:
                message = await channel.get_message(timeout=PING_SECONDS)
                if message is None:
                    await channel.ping()
                elif message["type"] == "subscribe":  # from here on nothing is lost
                    yield anything()
                elif message["type"] == "message":
                    yield read(message["data"])


@lru_cache(maxsize=8)
def client(url: str) -> Any:
    """Return the connection that tells."""
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
