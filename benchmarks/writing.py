"""The cases that write. What they write is deleted again, outside the measured time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connection, transaction

from benchmarks.contenders import floor_writes, ours
from benchmarks.database import delete_newer
from benchmarks.results import FLOOR, OURS, PEER

if settings.PEER:
    from benchmarks.contenders import peer

ONE_BY_ONE = 100
IN_BULK = 10_000

Write = Callable[[int], None]


class DifferentCountError(AssertionError):
    """A contender did not write as many actions as it was to."""


def cases(actions: int) -> Iterator[tuple[str, str, dict[str, Callable[[], float]]]]:
    """Name, title and runs of each case; a run returns the seconds that one action took."""
    one: dict[str, Write] = {OURS: ours.Writer().send, FLOOR: floor_writes.Writer().send}
    if settings.PEER:
        one[PEER] = peer.Writer().send
    yield "send", "send, a transaction each", _runs(one, actions, ONE_BY_ONE, atomic=False)
    yield "send-atomic", "send, in one transaction", _runs(one, actions, ONE_BY_ONE, atomic=True)
    many: dict[str, Write] = {OURS: ours.Writer().send_many, FLOOR: floor_writes.Writer().send_many}
    bulk = min(IN_BULK, actions)
    yield "send-many", f"send_many, {bulk:,} at once", _runs(many, actions, bulk, atomic=False)


def _runs(
    writes: dict[str, Write], actions: int, count: int, *, atomic: bool
) -> dict[str, Callable[[], float]]:
    def make(name: str, write: Write) -> Callable[[], float]:
        table = "actstream_action" if name == PEER else "stream_action"

        def run() -> float:
            connection.ensure_connection()
            started = time.perf_counter()
            if atomic:
                with transaction.atomic():
                    write(count)
            else:
                write(count)
            seconds = time.perf_counter() - started
            _check_count(name, table, actions, count)
            delete_newer(actions)
            return seconds / count

        return run

    return {name: make(name, write) for name, write in writes.items()}


def _check_count(name: str, table: str, actions: int, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE id > %s", [actions])
        (written,) = cursor.fetchone()
    if written != count:
        raise DifferentCountError(f"{name} wrote {written} actions, not {count}")
