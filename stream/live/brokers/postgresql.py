"""PostgreSQL's LISTEN and NOTIFY: one connection of each process listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from django.db import connections

from stream.live.brokers.base import Broker, Run
from stream.live.conf import options
from stream.live.hints import Hints, anything, read, write

try:
    from psycopg import AsyncConnection
except ImportError:  # a system check says so
    AsyncConnection = None  # type: ignore[assignment, misc]

CHANNEL = "stream_live"

# What Django gives to its own connections alone.
OF_DJANGO = ("context", "cursor_factory", "prepare_threshold")
# A dead connection is noticed after two minutes, and not after two hours.
KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 60, "keepalives_interval": 20}


class PostgreSQLBroker(Broker):
    """Tells after the commit, by a statement of its own.

    In the transaction itself, NOTIFY would let no other transaction with one commit meanwhile.
    """

    def tell(self, hints: Hints, using: str) -> None:
        if connections[using].vendor != "postgresql":
            return
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, write(hints)])

    async def listen(self, run: Run) -> AsyncIterator[Hints]:
        connection = await AsyncConnection.connect(**parameters(), autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            yield anything()
            async for notice in connection.notifies():
                yield read(notice.payload)


def parameters() -> dict[str, Any]:
    """Return how Django connects to the database that ``STREAM_LIVE`` names."""
    given: dict[str, Any] = connections[options().database].get_connection_params()
    return KEEP_ALIVE | {name: value for name, value in given.items() if name not in OF_DJANGO}
