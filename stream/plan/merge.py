"""The merge of ranges: the first rows of their union, in a few short steps.

1. The first row of each range is looked up: one step into an index. A page of 25 rows can only have
   rows of the 25 ranges whose first rows come first, and none past the last of these first rows.
2. For a long page, the same is done with some rows of each of these ranges.
3. Ranges that may have more are read up to that row, and the first of all rows are the page.

No step depends on a planner's estimates. Planners take times and keys to be independent, but users
fall silent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import compress
from math import isqrt
from typing import Any

from stream.plan.ranges import ALL, SQL, Range
from stream.plan.statement import ID, PLACES, WHEN, Statement, union_all

RANGES_READ_AT_ONCE = 4  # up to so many, their first rows are not looked up before
ROWS_OF_A_SHORT_PAGE = 32  # for a longer one, some more rows of each range are looked up
SELECTS_OF_A_UNION = 200  # MariaDB plans each of them

Place = tuple[Any, Any]  # the time and key of a row, as the database gave them
Row = tuple[Any, ...]
Pick = tuple[int, Any, Any]  # a range as a row of ``picks``: its number, its key (pick), since
NUMBERED = f"picks.number, {PLACES}"
PICK: SQL = ("picks.pick", [])
SINCE: SQL = ("picks.since", [])


class Merge(Statement):
    """Reads the first rows of a union of ranges, from where reading begins."""

    held: SQL  # all conditions but the union and the times; "" if there are none

    def first_rows(self, ranges: Sequence[Range], count: int) -> tuple[list[Row], Place | None]:
        """Return those of the first ``count`` rows of the union that meet ``held``, in order.

        The second value is the place of the last of these ``count`` rows, whether it meets ``held``
        or not; None if there are no more rows. A row has the columns of the reader, its number
        among the ``count``, and whether it meets ``held``.
        """
        held, held_params = self.held
        flag = f"CASE WHEN {held} THEN 1 ELSE 0 END" if held else "1"
        where = f"WHERE {held} OR nth = {count}" if held else ""
        distinct = "DISTINCT" if len(ranges) > 1 else ""  # a row may be in a range of each role
        order = self.order(WHEN, ID)
        while True:
            selects, (end, end_params) = self.narrowed(ranges, count)
            sql, params = self.one_union(selects, count)
            sql = f"SELECT {distinct} {PLACES} FROM ({sql}) one {end} {order} LIMIT {count}"
            sql = f"SELECT one.*, ROW_NUMBER() OVER ({order}) AS nth FROM ({sql}) one"
            sql = f"SELECT {self.reader.names}, nth, {flag} FROM ({sql}) found {self.join} {where}"
            rows = self.run(sql, [*held_params, *params, *end_params, *held_params])
            rows = sorted(rows, key=self.place_of, reverse=self.newest_first)
            if rows or not end:  # else all rows were deleted after the earlier steps
                may_be_more = rows and (end or rows[-1][-2] == count)
                last = self.place_of(rows[-1]) if may_be_more else None
                return [row for row in rows if row[-1]], last

    def one_union(self, selects: list[SQL], count: int) -> SQL:
        """Return one SELECT of the first places of several; very many are run for it."""
        unions = list(self.unions(selects))
        if len(unions) == 1:
            return unions[0]
        places = {place for sql, params in unions for place in self.run(sql, params)}
        return self.of_keys([key for _, key in sorted(places, reverse=self.newest_first)[:count]])

    def place_of(self, row: Row) -> Place:
        when, key = (self.reader.attnames.index(name) for name in ("datetime", "id"))
        return row[when], row[key]

    @property
    def join(self) -> str:
        """The join of actions to their places, ``found`` first: no planner turns it around."""
        if self.vendor == "postgresql":
            one = f"SELECT * FROM {self.table} one WHERE {ID} = found.id LIMIT 1"
            return f"CROSS JOIN LATERAL ({one}) {self.table}"
        join = "STRAIGHT_JOIN" if self.vendor == "mysql" else "CROSS JOIN"
        return f"{join} {self.table} ON {self.reader.key} = found.id"

    def narrowed(self, ranges: Sequence[Range], count: int) -> tuple[list[SQL], SQL]:
        """Look up which ranges have the first ``count`` rows; return SELECTs of these places.

        The second value is a condition that ends the page at the last of ``count`` rows that were
        found: past it, not all ranges are read, and before the SELECTs run, some of the rows may be
        deleted. No query for few ranges, one for a short page, two for a long one; on MariaDB as
        many for each 200 ranges.
        """
        end: SQL = ("", [])
        if len(ranges) <= RANGES_READ_AT_ONCE:
            return self.selects(ranges, count), end
        fields = {each.field for each in ranges}
        # The same row may be in a range of each role.
        roles = sum(not fields.isdisjoint(arc.fields) for arc in self.rows.model.arcs.values())
        selects: list[SQL] = []
        until: SQL | None = None
        for size in (1, isqrt(count)) if count > ROWS_OF_A_SHORT_PAGE else (1,):
            parts = self.selects(ranges, size, NUMBERED, until)
            rows = self.numbered_rows(parts, count * roles)
            times = {key: when for _, when, key in rows}
            first = list(times)[:count]
            if len(first) == count:
                last = times[first[-1]]
                until = ("%s", [last])
                way = ">" if self.newest_first else "<"
                sql = f"WHERE ({WHEN} {way} %s OR ({WHEN} = %s AND {ID} {way}= %s))"
                end = (sql, [last, last, first[-1]])
            keys: dict[int, list[Any]] = {}  # of the first rows, by range
            are_first = set(first)
            for number, _, key in rows:
                if key in are_first:
                    keys.setdefault(number, []).append(key)
            known = [key for some in keys.values() if len(some) < size for key in some]
            selects += [self.of_keys(known)] if known else []
            ranges = [ranges[number] for number, some in keys.items() if len(some) == size]
        return [*selects, *self.selects(ranges, count, until=until)], end

    def of_keys(self, keys: Sequence[Any]) -> SQL:
        """Return a SELECT of the places of rows by their keys."""
        listed = ", ".join(["%s"] * len(keys)) or "NULL"
        return f"SELECT {PLACES} FROM {self.table} one WHERE {ID} IN ({listed})", list(keys)

    def numbered_rows(self, selects: list[SQL], count: int) -> list[tuple[int, str, Any]]:
        """Return the first rows of several SELECTs: the range's number, the time and the key.

        The times are text, since to convert them would take longer than all the rest.
        """
        unions = list(self.unions(selects))
        as_text = "CHAR" if self.vendor == "mysql" else "TEXT"
        begin = f"SELECT number, CAST({WHEN} AS {as_text}), {ID} FROM"
        order = f"{self.order(WHEN, ID)} LIMIT {count}"
        rows: list[Any] = []
        for sql, params in unions:
            rows += self.run(f"{begin} ({sql}) one {order}", params)
        if len(unions) > 1:
            rows.sort(key=lambda row: row[1:], reverse=self.newest_first)
        return rows

    def unions(self, selects: list[SQL]) -> Iterator[SQL]:
        for begin in range(0, len(selects), SELECTS_OF_A_UNION):
            yield union_all(selects[begin : begin + SELECTS_OF_A_UNION])

    def selects(
        self, ranges: Sequence[Range], limit: int, names: str = PLACES, until: SQL | None = None
    ) -> list[SQL]:
        """Return SELECTs of the first rows of each range; ``names`` are what they select."""
        if not self.are_together(ranges, limit, until):
            found = []
            for number, each in enumerate(ranges):
                key, since = ("%s", [each.key]), each.since and ("%s", [each.since])
                its_names = names.replace("picks.number", f"{number} AS number")
                found.append(self.first_of(each.field, limit, key, since, until, its_names))
            return found
        alike: dict[Any, list[Pick]] = {}
        for number, each in enumerate(ranges):
            picks = alike.setdefault((each.field, each.since is not None), [])
            picks.append((number, each.key, each.since))
        return [self.of_picks(*each, limit, names, until) for each in alike.items()]

    def are_together(self, ranges: Sequence[Range], limit: int, until: SQL | None) -> bool:
        """Tell whether one SELECT reads several ranges, by a list of their keys."""
        if ranges == [ALL]:
            return False
        if self.vendor == "mysql":  # with an edge, MariaDB would read all rows up to it
            edges = self.start or self.end or until or any(each.since for each in ranges)
            are_numbers = all(isinstance(each.key, int) for each in ranges)  # texts are collated
            return limit == 1 and are_numbers and not edges
        return self.vendor == "postgresql" or len(ranges) > 1

    def of_picks(
        self,
        column: tuple[Any, bool],
        picks: list[Pick],
        limit: int,
        names: str,
        until: SQL | None,
    ) -> SQL:
        """Return one SELECT of the first rows of ranges of the same column."""
        field, has_since = column
        since = SINCE if has_since else None
        columns = ["number", "pick", "since"]
        if self.vendor == "postgresql":
            time: Any = self.rows.model._meta.get_field("datetime")
            types = ["int", *(each.db_type(self.connection) for each in (field, time))]
            needed = [names == NUMBERED, True, has_since]
            unnest = ", ".join(f"%s::{each}[]" for each in compress(types, needed))
            picked = f"unnest({unnest}) picks ({', '.join(compress(columns, needed))})"
            values = [list(each) for each in compress(zip(*picks, strict=True), needed)]
            sql, params = self.first_of(field, limit, PICK, since, until)
            sql = f"SELECT {names} FROM {picked} CROSS JOIN LATERAL ({sql}) one"
            return sql, [*values, *params]
        if self.vendor == "mysql":
            listed = "COLUMNS (number INT PATH '$[0]', pick BIGINT PATH '$[1]')"
            sql, params = self.first_of(field, limit, PICK, names=ID)
            first = f"SELECT number, ({sql}) AS id FROM JSON_TABLE(%s, '$[*]' {listed}) picks"
            join = f"STRAIGHT_JOIN {self.table} one ON {ID} = picks.id"
            return f"SELECT {names} FROM ({first}) picks {join}", [*params, json.dumps(picks)]
        parts = (f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(columns))
        sql, params = self.first_of(field, limit, PICK, since, until, ID)
        return (
            f"SELECT {names} FROM (SELECT {', '.join(parts)} FROM json_each(%s)) picks "
            f"CROSS JOIN json_each((SELECT json_group_array(id) FROM ({sql}))) item "
            f"CROSS JOIN {self.table} one ON {ID} = item.value"
        ), [json.dumps(picks, default=str), *params]
