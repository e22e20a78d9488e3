"""The merge of ranges: the first rows of their union.

1. The first row of each range is looked up: one step into an index. Of a page of 25 rows, no more
   than the 25 ranges whose first rows come first can be on it.
2. More of these is read, and of those of which all that was read is on the page, four times as
   much.

No step hangs on what a planner expects: it takes times and keys for independent, and users fall
silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress, groupby
from math import inf
from operator import not_
from typing import Any, NamedTuple

from stream.plan.ranges import SQL, Ranges
from stream.plan.statement import Statement, all_of

RANGES_READ_AT_ONCE = 4  # without looking up their first rows
ROWS_WITH_THE_FIRST = 16  # where they can be read by the same statement
BRANCHES = 200  # of one statement; SQLite takes 500
GROWTH = 4

Place = tuple[Any, Any]  # the time and key of a row, as the database gave them
Row = tuple[Any, ...]


class Front(NamedTuple):
    """A range and its first rows, of so many that were asked for."""

    ranges: Ranges
    key: Any
    since: Any = None
    places: tuple[Place, ...] = ()
    asked: int = 0


class Merge(Statement):
    """Reads the first rows of a union of ranges, beyond where reading begins."""

    union: list[Ranges]
    held: SQL  # the condition of what is asked of the rows besides the ranges; "" for none

    def first_rows(self, count: int) -> tuple[list[Row], list[Place]]:
        """Return those of the first rows of the union that are held, and the places of all."""
        fronts = self.known_fronts()
        if self.count_ranges() > RANGES_READ_AT_ONCE:
            fronts = self.first_fronts(count)
        if len(fronts) <= RANGES_READ_AT_ONCE:
            return self.rows_of_few(fronts, count) if fronts else ([], [])
        places = self.first_places(fronts, count)
        marks = ", ".join(["%s"] * len(places))
        sql = f"{self.reader.select}{self.table} WHERE {self.reader.key} IN ({marks})"
        sql += f" AND {self.held[0]}" if self.held[0] else ""
        rows = self.run(sql, [*(key for _, key in places), *self.held[1]])
        return sorted(rows, key=self.place_of, reverse=self.newest_first), places

    def rows_of_few(self, fronts: list[Front], count: int) -> tuple[list[Row], list[Place]]:
        """Return the same of few ranges, by one query."""
        sql, params = all_of([self.rows_of(front, count) for front in fronts])
        if len(fronts) > 1 and self.has_lateral:  # the driver takes longer for a row than this
            places = [self.quote(name) for name in ("datetime", "id")]
            distinct = f"SELECT DISTINCT ON ({self.place}) * FROM ({sql}) found"
            sql = f"{distinct} {self.order(*places)} LIMIT {count}"
        held = f"CASE WHEN {self.held[0]} THEN 1 ELSE 0 END" if self.held[0] else "1"
        sql = f"SELECT {self.reader.names}, {held} FROM ({sql}) {self.table}"
        found = {self.place_of(row): row for row in self.run(sql, [*self.held[1], *params])}
        ordered = sorted(found, reverse=self.newest_first)[:count]
        return [found[place] for place in ordered if found[place][-1]], ordered

    def place_of(self, row: Row) -> Place:
        time, key = (self.reader.attnames.index(name) for name in ("datetime", "id"))
        return row[time], row[key]

    def count_ranges(self) -> float:
        """Return how many ranges there are; infinity where only the database knows."""
        if any(ranges.selected for ranges in self.union):
            return inf
        return sum(len(ranges.keys) for ranges in self.union)

    def known_fronts(self) -> list[Front]:
        return [Front(ranges, key) for ranges in self.union for key in ranges.keys]

    def first_fronts(self, count: int) -> list[Front]:
        """Return the ranges whose first rows come first, as many as hold so many rows."""
        known, selected = self.known_fronts(), [each for each in self.union if each.selected]
        if self.connection.vendor == "mysql":
            known, selected = self.listed(known, selected)
        found = self.read_more(known, 1, count)

        def kind(ranges: Ranges) -> str:
            return ranges.kind_of_key(self.connection)

        # Keys of different kinds are no rows of one result.
        for _, same in groupby(sorted(selected, key=kind), kind):
            found += self.selected_fronts(list(same), count)
        found = [front for front in found if front.places]
        found.sort(key=lambda front: front.places[0], reverse=self.newest_first)
        firsts: set[Place] = set()  # the same row may be in a range of each role
        for number, front in enumerate(found):
            firsts.add(front.places[0])
            if len(firsts) > count:
                return found[:number]
        return found

    def listed(
        self, known: list[Front], selected: list[Ranges]
    ) -> tuple[list[Front], list[Ranges]]:
        """Return these with the keys known of those where a SELECT gives few.

        By a key that comes from another table, MariaDB reads all rows up to where reading begins.
        """
        others = []
        for ranges in selected:
            keys: list[Row] = []
            if ranges.selected and (self.start or self.end or ranges.has_since):
                sql, params = ranges.selected
                sql = f"SELECT pick, since FROM ({sql}) picks LIMIT {BRANCHES + 1}"
                keys = self.run(sql, params)
            if 0 < len(keys) <= BRANCHES:
                known += [Front(ranges, *key) for key in keys]
            else:
                others.append(ranges)
        return known, others

    def selected_fronts(self, union: list[Ranges], count: int) -> list[Front]:
        """Return the same of ranges whose keys a SELECT gives."""
        asked = ROWS_WITH_THE_FIRST if self.has_lateral else 1
        sql, params = all_of([self.probe(*each, count, asked) for each in enumerate(union)])
        by_range: dict[Any, list[Place]] = {}
        for number, key, since, *place in self.run(*self.cut_off(sql, params, 4, count)):
            by_range.setdefault((number, key, since), []).append((place[0], place[1]))
        return [
            Front(union[number], key, since, tuple(places), asked)
            for (number, key, since), places in by_range.items()
        ]

    def probe(self, number: int, ranges: Ranges, count: int, asked: int) -> SQL:
        """Return a SELECT of a number, and the key, since and places of the first rows of each."""
        picks, params = ranges.selected or ("", [])
        if self.has_lateral:
            first, params = self.first_of_picks((picks, params), ranges, 1, self.place)
            ordered = self.order(*(self.quote(name) for name in ("datetime", "id")))
            few = f"SELECT pick, since FROM ({first}) firsts {ordered} LIMIT {count}"
            sql, params = self.first_of_picks((few, params), ranges, asked, self.place)
            return f"SELECT {number} AS number, found.* FROM ({sql}) found", params
        first, its_params = self.first_of(ranges, "picks.pick", "picks.since", 1, self.quote("id"))
        # The database is to begin with the keys.
        join = "STRAIGHT_JOIN" if self.connection.vendor == "mysql" else "CROSS JOIN"
        return (
            f"SELECT {number} AS number, picks.pick, picks.since, {self.when}, {self.reader.key} "
            f"FROM (SELECT pick, since, ({first}) AS first_key FROM ({picks}) picks) picks "
            f"{join} {self.table} ON {self.reader.key} = picks.first_key "
            f"{self.order(self.when, self.reader.key)} LIMIT {count}"
        ), [*its_params, *params]

    def first_places(self, fronts: list[Front], count: int) -> list[Place]:
        """Return the places of the first rows of these ranges, in order."""
        while True:
            found = {place for front in fronts for place in front.places}
            places = sorted(found, reverse=self.newest_first)
            edge = places[count - 1] if len(places) >= count else None
            may_have_more = [self.may_have_more(front, edge, count) for front in fronts]
            fuller = list(compress(fronts, may_have_more))
            if not fuller:
                return places[:count]
            # Less of each would not fill the page.
            asked = max(count // len(fuller), GROWTH * max(front.asked for front in fuller))
            others = compress(fronts, map(not_, may_have_more))
            fronts = [*others, *self.read_more(fuller, min(asked, count), count)]

    def may_have_more(self, front: Front, edge: Place | None, count: int) -> bool:
        """Tell whether a range may have more rows before an edge than were read."""
        if len(front.places) < front.asked or front.asked >= count:
            return False
        last = front.places[-1]
        return edge is None or bool(last > edge if self.newest_first else last < edge)

    def read_more(self, fronts: list[Front], asked: int, count: int) -> list[Front]:
        """Return these ranges with so many of their first rows, but none past a page."""
        found: list[list[Place]] = [[] for _ in fronts]
        for sql, params in self.of_each(fronts, asked):
            for number, *place in self.run(*self.cut_off(sql, params, 2, count)):
                found[number].append((place[0], place[1]))
        return [
            front._replace(places=tuple(sorted(its, reverse=self.newest_first)), asked=asked)
            for front, its in zip(fronts, found, strict=True)
        ]

    def of_each(self, fronts: list[Front], asked: int) -> Iterable[SQL]:
        """Yield SELECTs of the number of each range, and the places of its first rows."""
        if not self.has_lateral:
            for first in range(0, len(fronts), BRANCHES):
                some = enumerate(fronts[first : first + BRANCHES], first)
                names = f"{{}} AS number, {self.place}"
                yield all_of([self.rows_of(each, asked, names.format(n)) for n, each in some])
            return
        parts = []
        for ranges in {id(front.ranges): front.ranges for front in fronts}.values():
            rows = [(n, *front[1:3]) for n, front in enumerate(fronts) if front.ranges is ranges]
            picks = self.unnested(
                *zip(
                    ("number", "pick", "since"),
                    ("int", ranges.type_of_key(self.connection), "timestamptz"),
                    map(list, zip(*rows, strict=True)),
                    strict=True,
                )
            )
            sql, params = self.first_of_picks(picks, ranges, asked, self.place)
            parts.append((f"SELECT number, {self.place} FROM ({sql}) found", params))
        if parts:
            yield all_of(parts)

    def cut_off(self, sql: str, params: list[Any], column: int, count: int) -> SQL:
        """Return a SELECT of places without what is past a page of so many rows."""
        roles = len({ranges.role for ranges in self.union})  # a row may be in a range of each
        return f"{sql} {self.order(str(column), str(column + 1))} LIMIT {count * roles}", params

    def rows_of(self, front: Front, limit: int, names: str = "*") -> SQL:
        """Return a SELECT of the first rows of one range."""
        ranges, key, since, *_ = front
        if ranges.field is None:
            return self.first_of(ranges, "", None, limit, names)
        if self.has_lateral:
            kind = ranges.type_of_key(self.connection)
            picks = self.unnested(("pick", kind, [key]), ("since", "timestamptz", [since]))
            rows, params = self.first_of(ranges, "picks.pick", "picks.since", limit, names)
            sql = f"SELECT {self.table}.* FROM ({picks[0]}) picks CROSS JOIN LATERAL ({rows})"
            return f"{sql} {self.table}", [*picks[1], *params]
        sql, params = self.first_of(ranges, "%s", None if since is None else "%s", limit, names)
        return sql, [key, *([] if since is None else [since]), *params]
