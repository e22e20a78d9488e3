"""The merge of ranges: the first rows of their union, by one statement.

1. The first row of each range is looked up: one step into an index. Of a page of 25 rows, no more
   than the 25 ranges whose first rows come first can be on it, and nothing past the last of these
   rows.
2. Up to there, some rows of each of these ranges are read. Where a range may have more, the page is
   known up to the last row that was read of it.

No step hangs on what a planner expects: it takes times and keys for independent, and users fall
silent. SQLite and MariaDB, which would do a step again wherever it is named, do them one by one.
"""

from __future__ import annotations

import json
from collections import Counter
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
AS_TEXT = "CAST(pick AS CHAR) AS pick"  # for keys of all types in one column


class Front(NamedTuple):
    """A range of one key."""

    ranges: Ranges
    key: Any
    since: Any = None


class Merge(Statement):
    """Reads the first rows of a union of ranges, beyond where reading begins."""

    union: list[Ranges]
    number: float  # of these ranges, about; infinity where only the database knows
    held: SQL  # the condition of what is asked of the rows besides the ranges; "" for none

    def first_rows(self, count: int) -> tuple[list[Row], Place | None]:
        """Return the first rows of the union, in order, and the last place if there may be more.

        They have the columns of the reader, and last whether they are held.
        """
        if self.vendor == "mysql" and not self.has_few_ranges:
            count = min(count, BRANCHES)
        is_one = len(self.union) == 1 and len(self.union[0].keys) == 1
        sql, params = self.one_range(count) if is_one else self.merge(count)
        rows = list(self.run(sql, params)) if sql else []
        rows.sort(key=self.place_of, reverse=self.newest_first)
        return rows, self.place_of(rows[-1]) if len(rows) == count else None

    def most_left_out(self, usual: int) -> int:
        """Return how many rows may be left out of a page by other conditions."""
        return min(usual, BRANCHES) if self.vendor == "mysql" and self.number > BRANCHES else usual

    def place_of(self, row: Row) -> Place:
        time, key = (self.reader.attnames.index(name) for name in ("datetime", "id"))
        return row[time], row[key]

    @property
    def has_few_ranges(self) -> bool:
        return self.number <= RANGES_READ_AT_ONCE

    def select(self) -> SQL:
        """Return the beginning of a SELECT of whole rows and whether they are held."""
        held, params = self.held
        held = f"CASE WHEN {held} THEN 1 ELSE 0 END" if held else "1"
        return f"SELECT {self.reader.names}, {held} FROM", params

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
        begin, held_params = self.select()
        return f"{begin} ({rows}) {self.table}", [*held_params, *params]

    def merge(self, count: int) -> SQL:
        """Return the statement for several ranges; "" if it is found that there are no rows."""
        find = self.one_statement if self.vendor == "postgresql" else self.by_steps
        (steps, step_params), (rows, params) = find(count)
        if not rows:
            return "", []
        begin, held_params = self.select()
        when, key = self.names_of("found")
        sql = (
            f"{steps} {begin} (SELECT DISTINCT {when}, {key} FROM ({rows}) found "
            f"{self.order(when, key)} LIMIT {count}) found {self.join(key)}"
        )
        return sql, [*step_params, *held_params, *params]

    def join(self, key: str) -> str:
        """Return the join of few actions by a key that comes before; no planner turns it."""
        if self.vendor == "postgresql":
            one = f"SELECT * FROM {self.table} one WHERE one.{self.quote('id')} = {key} LIMIT 1"
            return f"CROSS JOIN LATERAL ({one}) {self.table}"
        join = "STRAIGHT_JOIN" if self.vendor == "mysql" else "CROSS JOIN"
        return f"{join} {self.table} ON {self.reader.key} = {key}"

    # PostgreSQL

    def one_statement(self, count: int) -> tuple[SQL, SQL]:
        """Return the steps before, as a WITH, and a SELECT of the times and keys of rows."""
        place = self.names_of("one")
        if self.has_few_ranges:
            parts = [self.each(self.picks(ranges), ranges, count, place) for ranges in self.union]
            return ("", []), all_of(parts)
        steps: dict[str, SQL] = {}
        key = ["pick", "since", *place]
        order = self.order(*place)
        before = f"ROW_NUMBER() OVER ({order}) - 1 AS before"
        for number, ranges in enumerate(self.union):
            sql, params = self.each(self.picks(ranges), ranges, 1, [*key, before])
            steps[f"firsts{number}"] = f"{sql} {order} LIMIT {count}", params
        # Of a short page, all rows may be of one range, but those whose first rows are before it.
        is_short = count <= PAGE
        some, less = (count, " - picks.before") if is_short else (ROWS_OF_EACH, "")
        edge = self.edge(steps, "firsts", count)
        for number, ranges in enumerate(self.union):
            picks = self.up_to(edge, f"firsts{number}")
            steps[f"some{number}"] = self.each(
                picks, ranges, some, place if is_short else [*key, "nth"], edge, less
            )
        names = ", ".join([self.quote("datetime"), self.quote("id")])
        parts = [(f"SELECT {names} FROM some{number}", []) for number in range(len(self.union))]
        if not is_short:
            edge = self.edge(steps, "some", count)
            for number, ranges in enumerate(self.union):
                picks = self.up_to(edge, f"some{number}", f" AND nth = {some}")
                parts.append(self.each(picks, ranges, count, place, edge))
        with_steps = ", ".join(f"{name} AS ({sql})" for name, (sql, _) in steps.items())
        with_params = [each for _, params in steps.values() for each in params]
        return (f"WITH {with_steps}", with_params), all_of(parts)

    def up_to(self, edge: SQL, name: str, more: str = "") -> SQL:
        """Return a SELECT of the rows of a step that are not past an edge."""
        way = ">=" if self.newest_first else "<="
        return f"SELECT * FROM {name} WHERE {self.quote('datetime')} {way} {edge[0]}{more}", []

    def edge(self, steps: dict[str, SQL], name: str, count: int) -> SQL:
        """Add a step of the time at which some have so many rows, and return SQL of it."""
        when, key = self.quote("datetime"), self.quote("id")
        rows = " UNION ".join(
            f"SELECT {when}, {key} FROM {name}{n}" for n in range(len(self.union))
        )
        steps[f"edge_of_{name}"] = (
            (
                f"SELECT {'MIN' if self.newest_first else 'MAX'}({when}) AS until FROM (SELECT * "
                f"FROM ({rows}) every {self.order(when, key)} LIMIT {count}) few "
                f"HAVING COUNT(*) = {count}"
            ),
            [],
        )
        far = self.far(self.newest_first)
        return f"COALESCE((SELECT until FROM edge_of_{name}), {far})", []

    def picks(self, ranges: Ranges) -> SQL:
        """Return a SELECT of the keys of ranges as ``pick``, and ``since``."""
        if ranges.selected:
            return ranges.selected
        if self.vendor == "postgresql":
            keys = f"unnest(%s::{ranges.type_of_key(self.connection)}[]) keys (pick)"
            return f"SELECT pick, NULL AS since FROM {keys}", [list(ranges.keys)]
        keys = as_json(ranges.keys)
        return "SELECT value AS pick, NULL AS since FROM json_each(%s)", [keys]

    def each(
        self,
        picks: SQL,
        ranges: Ranges,
        limit: int,
        names: list[str],
        until: SQL | None = None,
        less: str = "",
    ) -> SQL:
        """Return a SELECT of some columns of ``picks`` and of the first rows of each, as ``one``.

        A row's ``nth`` is its number in its range.
        """
        since = SINCE if ranges.has_since else None
        sql, params = self.first_of(ranges, limit, PICK, since, until, less=less)
        if self.vendor == "postgresql":
            if "nth" in names:
                order = self.order(*self.names_of("one"))
                sql = f"SELECT one.*, ROW_NUMBER() OVER ({order}) AS nth FROM ({sql}) one"
            join = f"CROSS JOIN LATERAL ({sql}) one"
        else:
            key = self.quote("id")
            items = f"json_each((SELECT json_group_array({key}) FROM ({sql}))) item"
            join = f"CROSS JOIN {items} CROSS JOIN {self.table} one ON one.{key} = item.value"
        return f"SELECT {', '.join(names)} FROM ({picks[0]}) picks {join}", [*picks[1], *params]

    # SQLite and MariaDB

    def by_steps(self, count: int) -> tuple[SQL, SQL]:
        """Return nothing, and a SELECT of the times and keys of rows; "" if there are none."""
        nothing: SQL = ("", [])
        if self.has_few_ranges and self.vendor == "sqlite":
            place = self.names_of("one")
            parts = [self.each(self.picks(ranges), ranges, count, place) for ranges in self.union]
            return nothing, all_of(parts)
        found = self.firsts(count)
        if self.has_few_ranges:
            fronts, until = [front for _, front in found], None
        else:
            fronts, until = self.not_past(found, count)
        full = fronts
        if fronts and count > PAGE:
            rows = self.run(*all_of(self.rows_of(fronts, ROWS_OF_EACH, until, is_numbered=True)))
            found = [((when, key), fronts[number]) for number, when, key in rows]
            some, until = self.not_past(found, count)
            full = [front for front, rows in Counter(some).items() if rows >= ROWS_OF_EACH]
        parts = self.rows_of(full, count, until)
        parts += self.rows_of([each for each in fronts if each not in full], ROWS_OF_EACH, until)
        return nothing, all_of(parts)

    def not_past(
        self, found: list[tuple[Place, Front]], count: int
    ) -> tuple[list[Front], SQL | None]:
        """Return the ranges of the first of these rows, and the time at which they end, if any."""
        # The same row may be in a range of each role.
        places = sorted({place for place, _ in found}, reverse=self.newest_first)[:count]
        first = set(places)
        until: SQL | None = ("%s", [places[-1][0]]) if len(places) == count else None
        return [front for place, front in found if place in first], until

    def rows_of(
        self, fronts: list[Front], limit: int, until: SQL | None = None, is_numbered: bool = False
    ) -> list[SQL]:
        """Return SELECTs of the first rows of ranges, perhaps after the number of the range."""
        place = self.names_of("one")
        parts = []
        if self.vendor == "mysql":
            for number, front in enumerate(fronts):
                since: SQL | None = ("%s", [front.since]) if front.ranges.has_since else None
                names = ", ".join([f"{number} AS number"] * is_numbered + place)
                key: SQL = ("%s", [front.key])
                parts.append(self.first_of(front.ranges, limit, key, since, until, names))
            return parts
        numbers = ("number", "pick", "since")
        values = ", ".join(
            f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(numbers)
        )
        for ranges in {id(front.ranges): front.ranges for front in fronts}.values():
            keys = [(n, *front[1:]) for n, front in enumerate(fronts) if front.ranges is ranges]
            picks: SQL = (f"SELECT {values} FROM json_each(%s)", [as_json(keys)])
            columns = ["number"] * is_numbered + place
            parts.append(self.each(picks, ranges, limit, columns, until))
        return parts

    def firsts(self, count: int) -> list[tuple[Place, Front]]:
        """Return the ranges whose first rows come first, with these."""
        union = self.union
        found: list[tuple[Place, Front]] = []
        if self.vendor == "mysql":
            union, fronts = self.listed()
            if self.has_few_ranges and not union:
                return [((None, None), front) for front in fronts]
            for begin in range(0, len(fronts), BRANCHES):
                some = fronts[begin : begin + BRANCHES]
                rows = self.run(*all_of(self.rows_of(some, 1, is_numbered=True)))
                found += [((when, key), some[number]) for number, when, key in rows]
        if union:
            sql, params = all_of([self.first_of_each(*each) for each in enumerate(union)])
            sql += f" {self.order('4', '5')} LIMIT {count * len(self.rows.model.arcs)}"
            for number, pick, since, when, key in self.run(sql, params):
                found.append(((when, key), Front(union[number], pick, since)))
        return found

    def first_of_each(self, number: int, ranges: Ranges) -> SQL:
        """Return a SELECT of a number, the keys of ranges, and their first rows."""
        if self.vendor == "sqlite":
            names = [f"{number} AS number", "pick", "since", *self.names_of("one")]
            return self.each(self.picks(ranges), ranges, 1, names)
        since = SINCE if ranges.has_since else None
        first, params = self.first_of(ranges, 1, PICK, since, names=f"one.{self.quote('id')}")
        picks, its_params = self.picks(ranges)
        sql = (
            f"SELECT {number} AS number, {AS_TEXT}, since, {self.when}, {self.reader.key} "
            f"FROM (SELECT pick, since, ({first}) AS first_key FROM ({picks}) picks) picks "
            f"{self.join('first_key')}"
        )
        return sql, [*params, *its_params]

    def listed(self) -> tuple[list[Ranges], list[Front]]:
        """Return the ranges whose keys are left to the database, and the others one by one.

        By a key that comes from another table, MariaDB reads all rows up to where reading begins.
        """
        fronts = [Front(ranges, key) for ranges in self.union for key in ranges.keys]
        selected = [ranges for ranges in self.union if ranges.selected]
        begins = self.start or self.end or any(ranges.has_since for ranges in selected)
        if selected and (begins or self.has_few_ranges):
            keys_of_each = []
            for number, ranges in enumerate(selected):
                sql, params = self.picks(ranges)
                sql = f"SELECT {number} AS number, {AS_TEXT}, since FROM ({sql}) picks"
                keys_of_each.append((sql, params))
            sql, params = all_of(keys_of_each)
            keys = self.run(f"{sql} LIMIT {BRANCHES + 1}", params)
            if len(keys) <= BRANCHES:
                return [], fronts + [Front(selected[number], *key) for number, *key in keys]
        return selected, fronts


def as_json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder)
