"""The actions of within a second, for a database that reads ranges by known ends alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from stream.chunks import chunks
from stream.notifications.moving.move import NotificationsMove

RANGES_PER_STATEMENT = 200
SECOND = dt.timedelta(seconds=1)


def find_near(move: NotificationsMove, rows: Iterable[Sequence[Any]]) -> list[int | None]:
    """Return the first action of within a second that says the same as each of these rows.

    A row begins with the keys of its objects, by column, and its verb; it ends with its time.
    """
    columns, rows = list(move.arc_values()), list(rows)
    found: dict[tuple[Any, ...], list[tuple[dt.datetime, int]]] = {}
    for column in {pair.column for pair in move.pairs_of(move.roles[0])}:
        at = columns.index(column)
        ranges = {(row[at], row[-1]) for row in rows if row[at] is not None}
        for some in chunks(sorted(ranges), RANGES_PER_STATEMENT):
            for key, time, *says in _read(move, column, some):
                found.setdefault(tuple(says), []).append((dt.datetime.fromisoformat(time), key))
    near: list[int | None] = []
    for row in rows:
        when, wanted = dt.datetime.fromisoformat(row[-1]), tuple(row[: len(columns) + 1])
        same = [each for each in found.get(wanted, []) if abs(each[0] - when) <= SECOND]
        near.append(min(same)[1] if same else None)
    return near


def _read(
    move: NotificationsMove, column: str, ranges: Sequence[tuple[Any, str]]
) -> list[tuple[Any, ...]]:
    """Return the key, time, objects and verb of what these actors did around these times."""
    when = move.new("datetime")
    chosen = [move.new("id"), move.engine.text(when), *map(move.new, (*move.arc_values(), "verb"))]
    before, after = move.engine.seconds_around("%s")
    one = f"({move.new(column)} = %s AND {when} BETWEEN {before} AND {after})"
    return move.fetch(
        f"SELECT {', '.join(chosen)} FROM {move.actions_of(column)} "
        f"WHERE {' AND '.join(move.is_plain())} AND ({' OR '.join([one] * len(ranges))})",
        [value for key, time in ranges for value in (key, time, time)],
    )
