"""Looking for new rows: who writes has nothing to do."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from time import monotonic
from typing import Any

from django.db.models import QuerySet

from stream.live.brokers.base import Broker, Run
from stream.live.conf import options
from stream.live.hints import Hints, add, anything
from stream.models import Action

SECONDS_TO_COMMIT = 10  # a transaction may commit a key after higher ones
ROWS_LOOKED_AT = 1000

#: What is looked for: a kind of hint, the rows, and the column that the hint names. Apps add
#: theirs in ``ready()``.
WATCHED: dict[str, tuple[type[Any], str]] = {"actions": (Action, "pk")}


class Watch:
    """Finds the rows that were committed since the last look, by their keys."""

    def __init__(self, rows: QuerySet[Any], column: str) -> None:
        self.rows, self.column = rows.order_by("pk"), column
        self.settled: Any = None  # the key up to which all is known
        self.known: dict[Any, Any] = {}  # those above it
        self.marks: deque[tuple[float, Any]] = deque()

    def look(self) -> Iterable[Any] | None:
        """Return the column of new rows; None for too many. One query by the primary key."""
        if self.settled is None:
            newest = self.rows.order_by("-pk").values_list("pk", flat=True)[:1]
            # Those that are not committed yet have lower keys, perhaps.
            self.settled = next(iter(newest), 0) - ROWS_LOOKED_AT // 2
            self.known = dict(self._above())
            return ()
        found = dict(self._above())
        new = [value for key, value in found.items() if key not in self.known]
        is_full = len(found) >= ROWS_LOOKED_AT
        self.known = found
        self._settle(max(found, default=self.settled), at_once=is_full)
        return None if is_full else new

    def _above(self) -> Iterable[tuple[Any, Any]]:
        return self.rows.filter(pk__gt=self.settled).values_list("pk", self.column)[:ROWS_LOOKED_AT]

    def _settle(self, newest: Any, *, at_once: bool) -> None:
        now = monotonic()
        self.marks.append((now, newest))
        while self.marks and (at_once or self.marks[0][0] < now - SECONDS_TO_COMMIT):
            self.settled = self.marks.popleft()[1]
        self.known = {key: value for key, value in self.known.items() if key > self.settled}


class PollingBroker(Broker):
    """Looks at the database, a query for each kind of row, however many streams there are.

    A process tells itself at once of sign-ins that end.
    """

    is_told = False

    def __init__(self) -> None:
        self._queues: set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[Hints]]] = set()

    def tell(self, hints: Hints, using: str) -> None:
        for loop, queue in list(self._queues):
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, hints)

    async def listen(self, run: Run) -> AsyncIterator[Hints]:
        queue: asyncio.Queue[Hints] = asyncio.Queue()
        place = (asyncio.get_running_loop(), queue)
        watches = {
            kind: Watch(model._base_manager.all(), column)
            for kind, (model, column) in WATCHED.items()
        }
        self._queues.add(place)
        try:
            await run(look, watches)
            yield anything()
            while True:
                try:
                    async with asyncio.timeout(options().poll):  # not wait_for(): see the hub
                        found = await queue.get()
                except TimeoutError:
                    found = await run(look, watches)
                if found:
                    yield found
        finally:
            self._queues.discard(place)


def look(watches: dict[str, Watch]) -> Hints:
    """Return what the watches find."""
    found: Hints = {}
    for kind, watch in watches.items():
        keys = watch.look()
        if keys is None or keys:
            add(found, kind, keys)
    return found
