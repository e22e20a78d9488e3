"""The SQL of ranges: each is read by its own index, in its own order and with its own limit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models.sql.where import WhereNode

from stream.arc.deferred import deferred_fields
from stream.arc.reading import ArcReader
from stream.homefeed.definition import FeedNode
from stream.plan.ranges import ALL, SQL, Edge, Ranges

if TYPE_CHECKING:
    from stream.actions.finding import ReadingQuerySet


class Statement:
    """What the statements for a page of a stream have in common."""

    start: Edge | None = None
    end: Edge | None = None

    def __init__(self, rows: ReadingQuerySet, newest_first: bool) -> None:
        self.rows = rows
        self.connection: Any = connections[rows.db]
        self.quote = self.connection.ops.quote_name
        self.reader = ArcReader.of(rows.model, rows.db, deferred_fields(rows))
        self.table = self.reader.table
        self.low, self.high = rows.query.low_mark, rows.query.high_mark or 0
        self.newest_first = newest_first
        self.when = f"{self.table}.{self.quote('datetime')}"
        self.place = f"{self.quote('datetime')}, {self.quote('id')}"
        # Others have no LATERAL: a union has a SELECT for each range there.
        self.has_lateral = self.connection.vendor == "postgresql"

    def order(self, *names: str) -> str:
        direction = "DESC" if self.newest_first else "ASC"
        return f"ORDER BY {', '.join(f'{name} {direction}' for name in names)}"

    def run(self, sql: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(params))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def rest(self, parts: Iterable[Any], condition: str, params: Iterable[Any]) -> SQL:
        """Return the rest of a SELECT of the stream with these parts of WHERE and a condition."""
        keys = self.rows.values_list("pk")
        keys.query.clear_limits()
        keys.query.clear_ordering(force=True)
        keys.query.where.children = [*parts, Written(condition, list(params))]
        sql, its_params = keys.query.get_compiler(self.rows.db).as_sql()
        _, _, sql = sql.partition(" FROM ")
        return sql, list(its_params)

    def rest_of_feed(self, condition: str, params: Iterable[Any]) -> SQL:
        """Return the rest of a SELECT of a home feed with a condition instead of the feed."""
        parts = self.rows.query.where.children
        others = [part for part in parts if not isinstance(part, FeedNode)]
        return self.rest(others, condition, params)

    # Ranges

    def first_of_picks(self, picks: SQL, ranges: Ranges, limit: int, names: str) -> SQL:
        """Return a SELECT of the first rows of each of some keys, by LATERAL.

        ``picks`` selects the keys as ``pick``, and ``since``. Of a value that it knows, a planner
        would expect how frequent it is.
        """
        rows, params = self.first_of(ranges, "picks.pick", "picks.since", limit, names)
        sql = f"SELECT picks.*, {self.table}.* FROM ({picks[0]}) picks CROSS JOIN LATERAL ({rows}) "
        return f"{sql}{self.table}", [*picks[1], *params]

    def unnested(self, *columns: tuple[str, str, list[Any]]) -> SQL:
        """Return a SELECT of lists as columns, each with its name and type, for LATERAL."""
        names = ", ".join(name for name, _, _ in columns)
        lists = ", ".join(f"%s::{kind}[]" for _, kind, _ in columns)
        return f"SELECT * FROM unnest({lists}) lists ({names})", [each for *_, each in columns]

    def first_of(
        self, ranges: Ranges, key: str, since: str | None, limit: int | str, names: str = "*"
    ) -> SQL:
        """Return a SELECT of the first rows of one range by its index and in its order.

        The parameters of ``key`` and ``since`` come before those that are returned.
        """
        alias = self.table if self.has_lateral else "one"
        order = [f"{alias}.{self.quote(name)}" for name in ("datetime", "id")]
        if ranges.field and self.has_lateral:
            order.insert(0, f"{alias}.{self.quote(ranges.field.column)}")
        inside, params = self.inside(alias, ranges, key, since)
        table = self.table if self.has_lateral else f"{self.table} one"
        if ranges is ALL and self.connection.vendor == "mysql":  # it would sort a small table
            table += " FORCE INDEX (stream_newest_idx)"
        sql = f"SELECT {names} FROM {table} {inside}"
        return f"{sql} {self.order(*order)} LIMIT {limit}", params

    def inside(
        self, alias: str, ranges: Ranges = ALL, key: str = "", since: str | None = None
    ) -> SQL:
        """Return the WHERE of the rows of a range, or of all, that are between the edges."""
        when, pk = (f"{alias}.{self.quote(name)}" for name in ("datetime", "id"))
        column = f"{alias}.{self.quote(ranges.field.column)}" if ranges.field else ""
        down, up = ("<", ">") if self.newest_first else (">", "<")
        conditions: list[str] = []
        params: list[Any] = []

        def compare(names: list[str], way: str, *values: str) -> None:
            if self.has_lateral and column:
                names, values = [column, *names], (key, *values)
            left, right = ", ".join(names), ", ".join(values)
            is_one = len(names) == 1
            conditions.append(f"{left} {way} {right}" if is_one else f"({left}) {way} ({right})")

        if column and self.has_lateral:
            # With an equation, the index of times would seem to be in the same order. Of a
            # comparison of rows, a planner expects so much that it does not read and sort all.
            compare([], f"{up}=")
            if self.start is None:
                compare([when], f"{down}=", f"'{'' if self.newest_first else '-'}infinity'")
        elif column:
            conditions.append(f"{column} = {key}")
        if ranges.has_since and since is not None:
            compare([when], ">=", since)
        if self.start and self.start.key is None:
            compare([when], f"{down}{'=' * self.start.is_inside}", "%s")
            params.append(self.start.when)
        elif self.start and self.has_lateral:
            compare([when, pk], down, "%s", "%s")
            params += [self.start.when, self.start.key]
        elif self.start:  # each reads its index from the cursor on in another form
            past = f"{when} {down} %s"
            if self.connection.vendor == "mysql":
                conditions.append(f"({past} OR ({when} = %s AND {pk} {down} %s))")
            else:
                conditions.append(f"{when} {down}= %s AND ({past} OR {pk} {down} %s)")
            params += [self.start.when, self.start.when, self.start.key]
        if self.end:
            compare([when], f"{up}{'=' * self.end.is_inside}", "%s")
            params.append(self.end.when)
        return f"WHERE {' AND '.join(conditions)}" if conditions else "", params


class Written(WhereNode):
    """A condition that is written in SQL."""

    def __init__(self, sql: str, params: list[Any]) -> None:
        super().__init__()
        self.sql, self.params = sql, params

    def __bool__(self) -> bool:
        return True

    def clone(self) -> Written:
        return self

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return self.sql, self.params


def all_of(parts: list[SQL]) -> SQL:
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) part{n}" for n, (part, _) in enumerate(parts))
    return sql, [each for _, params in parts for each in params]


def may_repeat_rows(query: Any) -> bool:
    """Tell whether the query joins a table in which several rows may belong to one action."""
    joins = [query.alias_map[alias] for alias, uses in query.alias_refcount.items() if uses]
    fields = [getattr(join, "join_field", None) for join in joins]
    return any(field and not (field.concrete and field.many_to_one) for field in fields)
