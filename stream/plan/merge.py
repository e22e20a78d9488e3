"""The merge of ranges: the first rows of their union, by one statement.

1. The first row of each range is looked up: one step into an index. Of a page of 25 rows, no more
   than the 25 ranges whose first rows come first can be on it, and nothing past the last of these
   rows.
2. Up to there, some rows of each of these ranges are read. Where a range may have more, the page is
   known up to the last row that was read of it.

No step hangs on what a planner expects: it takes times and keys for independent, and users fall
silent. MariaDB, where nothing in FROM can name what is before it, does the steps one by one.
"""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder

from stream.plan.ranges import ALL, SQL, Ranges
from stream.plan.statement import Statement, all_of

RANGES_READ_AT_ONCE = 4  # without looking up their first rows
PAGE = 32  # rows, which may be all of one range
ROWS_OF_EACH = 16  # of longer ones, at least
BRANCHES = 200  # of one statement of MariaDB

Place = tuple[Any, Any]  # the time and key of a row, as the database gave them
Row = tuple[Any, ...]
PICK: SQL = ("picks.pick", [])
SINCE: SQL = ("picks.since", [])


class Front(NamedTuple):
    """A range of one key, for MariaDB."""

    ranges: Ranges
    key: Any
    since: Any = None


class Merge(Statement):
    """Reads the first rows of a union of ranges, beyond where reading begins."""

    union: list[Ranges]
    number: float  # of these ranges, about; infinity where only the database knows
    held: SQL  # the condition of what is asked of the rows besides the ranges; "" for none

    def first_rows(self, count: int, growth: int) -> tuple[list[Row], Place | None]:
        """Return the first rows of the union, in order, and the last place if there may be more.

        They have the columns of the reader and whether they are held. They may be fewer than there
        are, but one at least; ``growth`` is how many times as much is read of each range.
        """
        if self.vendor == "mysql" and not self.has_few_ranges:
            count = min(count, BRANCHES)
        of_each = count
        if count > PAGE and not self.has_few_ranges:
            of_each = min(count, int(max(ROWS_OF_EACH * growth, 4 * count // self.number)))
        is_one = len(self.union) == 1 and len(self.union[0].keys) == 1
        sql, params = self.one_range(count) if is_one else self.merge(count, of_each)
        rows = list(self.run(sql, params)) if sql else []
        rows.sort(key=self.place_of, reverse=self.newest_first)
        may_have_more = len(rows) == count
        for index, row in enumerate(rows, 1):
            if row[-1] == of_each:  # the number of the row in its range
                rows, may_have_more = rows[:index], True
                break
        return rows, self.place_of(rows[-1]) if may_have_more else None

    def most_left_out(self, usual: int) -> int:
        """Return how many rows may be left out of a page by other conditions."""
        return min(usual, BRANCHES) if self.vendor == "mysql" and self.number > BRANCHES else usual

    def place_of(self, row: Row) -> Place:
        time, key = (self.reader.attnames.index(name) for name in ("datetime", "id"))
        return row[time], row[key]

    @property
    def has_few_ranges(self) -> bool:
        return self.number <= RANGES_READ_AT_ONCE

    def select(self, nth: str) -> SQL:
        """Return the beginning of a SELECT of whole rows, whether they are held, and a number."""
        held, params = self.held
        held = f"CASE WHEN {held} THEN 1 ELSE 0 END" if held else "1"
        return f"SELECT {self.reader.names}, {held}, {nth} FROM", params

    def one_range(self, count: int) -> SQL:
        """Return the statement for one range of a known key, or of all actions."""
        [ranges] = self.union
        if ranges is not ALL and self.vendor == "postgresql":
            # Of a value that it knows, a planner would expect how frequent it is.
            picks, params = self.picks(ranges)
            rows, its_params = self.first_of(ranges, count, PICK, names="*")
            rows = f"SELECT one.* FROM ({picks}) picks CROSS JOIN LATERAL ({rows}) one"
            params = [*params, *its_params]
        else:
            rows, params = self.first_of(ranges, count, ("%s", list(ranges.keys)), names="*")
        begin, held_params = self.select("0")
        return f"{begin} ({rows}) {self.table}", [*held_params, *params]

    def merge(self, count: int, of_each: int) -> SQL:
        """Return the statement for several ranges; "" if it is found that there are no rows."""
        find = self.branches if self.vendor == "mysql" else self.laterals
        (firsts, first_params), parts = find(count, of_each)
        if not parts:
            return "", []
        rows, params = all_of(parts)
        begin, held_params = self.select("nth")
        when, key = self.names_of("found")
        names = f"{self.quote('datetime')}, {self.quote('id')}"
        sql = (
            f"{firsts} {begin} (SELECT {names}, MAX(nth) AS nth FROM ({rows}) found "
            f"GROUP BY {names} {self.order(when, key)} LIMIT {count}) found {self.join(key)}"
        )
        return sql, [*first_params, *held_params, *params]

    def join(self, key: str) -> str:
        """Return the join of few actions by a key that comes before; no planner turns it."""
        if self.vendor == "postgresql":
            one = f"SELECT * FROM {self.table} one WHERE one.{self.quote('id')} = {key} LIMIT 1"
            return f"CROSS JOIN LATERAL ({one}) {self.table}"
        join = "STRAIGHT_JOIN" if self.vendor == "mysql" else "CROSS JOIN"
        return f"{join} {self.table} ON {self.reader.key} = {key}"

    # Where a subquery in FROM can name what is before it

    def laterals(self, count: int, of_each: int) -> tuple[SQL, list[SQL]]:
        """Return a WITH of the ranges whose first rows come first, and SELECTs of their rows."""
        firsts, parts, params = [], [], []
        has_firsts = not self.has_few_ranges
        far, is_numbered = self.far(self.newest_first), of_each < count
        until: SQL | None = None
        if has_firsts:
            until = f"COALESCE((SELECT until FROM edge), {far})", []
        for number, ranges in enumerate(self.union):
            picks, its_params = self.picks(ranges)
            source = f"({picks}) picks"
            if has_firsts:
                first, first_params = self.rows_of_picks(ranges, 1)
                names = ", ".join(["pick", "since", *self.names_of("one")])
                order = self.order(*self.names_of("one"))
                firsts.append(
                    f"firsts{number} AS (SELECT {names}, ROW_NUMBER() OVER ({order}) - 1 AS before "
                    f"FROM {source} {first} {order} LIMIT {count})"
                )
                params += [*its_params, *first_params]
                source, its_params = f"firsts{number} picks", []
            rows, rows_params = self.rows_of_picks(ranges, of_each, until, is_numbered)
            nth = "item.key + 1" if self.vendor == "sqlite" else "one.nth"
            names = ", ".join([*self.names_of("one"), nth if is_numbered else "0"])
            parts.append((f"SELECT {names} AS nth FROM {source} {rows}", its_params + rows_params))
        if not has_firsts:
            return ("", []), parts
        when, key = self.quote("datetime"), self.quote("id")
        all_firsts = " UNION ".join(
            f"SELECT {when}, {key} FROM firsts{number}" for number in range(len(firsts))
        )
        last = "MIN" if self.newest_first else "MAX"
        firsts.append(
            f"edge AS (SELECT {last}({when}) AS until FROM (SELECT * FROM ({all_firsts}) firsts "
            f"{self.order(when, key)} LIMIT {count}) firsts HAVING COUNT(*) = {count})"
        )
        return (f"WITH {', '.join(firsts)}", params), parts

    def picks(self, ranges: Ranges) -> SQL:
        """Return a SELECT of the keys of ranges as ``pick``, and ``since``."""
        if ranges.selected:
            return ranges.selected
        if self.vendor == "postgresql":
            keys = f"unnest(%s::{ranges.type_of_key(self.connection)}[]) keys (pick)"
            return f"SELECT pick, NULL AS since FROM {keys}", [list(ranges.keys)]
        keys = json.dumps(ranges.keys, cls=DjangoJSONEncoder)
        return "SELECT value AS pick, NULL AS since FROM json_each(%s)", [keys]

    def rows_of_picks(
        self, ranges: Ranges, limit: int, until: SQL | None = None, is_numbered: bool = False
    ) -> SQL:
        """Return a join of the first rows of each pick, as ``one``, perhaps with their number."""
        since = SINCE if ranges.has_since else None
        # As many rows of the page are of others as have first rows before.
        less = " - picks.before" if until and self.by_row and not is_numbered else ""
        sql, params = self.first_of(ranges, limit, PICK, since, until, less=less)
        if self.vendor == "postgresql":
            sql = self.numbered(sql) if is_numbered else sql
            return f"CROSS JOIN LATERAL ({sql}) one", params
        key = self.quote("id")
        items = f"json_each((SELECT json_group_array({key}) FROM ({sql}))) item"
        return f"CROSS JOIN {items} CROSS JOIN {self.table} one ON one.{key} = item.value", params

    def numbered(self, sql: str) -> str:
        order = self.order(*self.names_of("one"))
        return f"SELECT one.*, ROW_NUMBER() OVER ({order}) AS nth FROM ({sql}) one"

    # Where it cannot

    def branches(self, count: int, of_each: int) -> tuple[SQL, list[SQL]]:
        """Return nothing, and SELECTs of the rows of the ranges whose first rows come first."""
        fronts, until = self.fronts(count)
        names = ", ".join([*self.names_of("one"), "0 AS nth"])
        if of_each == count:
            return ("", []), [self.rows_of_front(each, count, until, names) for each in fronts]
        rows = [self.rows_of_front(each, of_each, until) for each in fronts]
        return ("", []), [(self.numbered(sql), params) for sql, params in rows]

    def rows_of_front(
        self, front: Front, limit: int, until: SQL | None = None, names: str = ""
    ) -> SQL:
        since = None if front.since is None else ("%s", [front.since])
        return self.first_of(front.ranges, limit, ("%s", [front.key]), since, until, names)

    def fronts(self, count: int) -> tuple[list[Front], SQL | None]:
        """Return the ranges whose first rows come first, and the time up to which they are read."""
        fronts = [Front(ranges, key) for ranges in self.union for key in ranges.keys]
        selected = [ranges for ranges in self.union if ranges.selected]
        found: list[tuple[Place, Front]] = []
        has_since = any(ranges.has_since for ranges in selected)
        if selected and (self.start or self.end or has_since or self.has_few_ranges):
            # By a key that comes from another table, all rows up to where reading begins would be
            # read. Keys of all types can be in one column as text.
            keys_of_each = []
            for number, ranges in enumerate(selected):
                picks, params = self.picks(ranges)
                sql = f"SELECT {number} AS number, CAST(pick AS CHAR) AS pick, since"
                keys_of_each.append((f"{sql} FROM ({picks}) picks", params))
            sql, params = all_of(keys_of_each)
            keys = self.run(f"{sql} LIMIT {BRANCHES + 1}", params)
            if len(keys) <= BRANCHES:
                fronts += [Front(selected[number], *key) for number, *key in keys]
                selected = []
        if selected:
            sql, params = all_of(
                [self.firsts_of_selected(number, each) for number, each in enumerate(selected)]
            )
            sql += f" {self.order('4', '5')} LIMIT {count * len(self.rows.model.arcs)}"
            for number, pick, since, when, key in self.run(sql, params):
                found.append(((when, key), Front(selected[number], pick, since)))
        elif self.has_few_ranges:
            return fronts, None
        for begin in range(0, len(fronts), BRANCHES):
            some = fronts[begin : begin + BRANCHES]
            names = ", ".join(self.names_of("one"))
            firsts = [
                self.rows_of_front(each, 1, None, f"{number} AS number, {names}")
                for number, each in enumerate(some)
            ]
            found += [((when, key), some[n]) for n, when, key in self.run(*all_of(firsts))]
        found.sort(key=itemgetter(0), reverse=self.newest_first)
        # The same row may be in a range of each role.
        places = dict.fromkeys(list(dict.fromkeys(place for place, _ in found))[:count])
        until = ("%s", [list(places)[-1][0]]) if len(places) == count else None
        return [front for place, front in found if place in places], until

    def firsts_of_selected(self, number: int, ranges: Ranges) -> SQL:
        """Return a SELECT of a number, the keys that a SELECT gives, and their first rows."""
        since = SINCE if ranges.has_since else None
        first, params = self.first_of(ranges, 1, PICK, since, names=f"one.{self.quote('id')}")
        picks, its_params = self.picks(ranges)
        sql = (
            f"SELECT {number} AS number, CAST(pick AS CHAR) AS pick, since, {self.when}, "
            f"{self.reader.key} FROM (SELECT pick, since, ({first}) AS first_key "
            f"FROM ({picks}) picks) picks {self.join('first_key')}"
        )
        return sql, [*params, *its_params]
