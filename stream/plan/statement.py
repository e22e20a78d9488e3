"""The SQL of ranges: each is read by its own index, in its order and with its own limit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models.sql.where import ExtraWhere

from stream.arc.deferred import deferred_fields
from stream.arc.reading import ArcReader
from stream.plan.homefeed import FeedNode
from stream.plan.ranges import SQL, Edge

if TYPE_CHECKING:
    from stream.arc.columns import ArcForeignKey
    from stream.arc.models import ArcQuerySet


# Columns of the table under the alias ``one``; after a dot, no database reserves their names.
WHEN, ID = "one.datetime", "one.id"
PLACES = f"{WHEN}, {ID}"


class Statement:
    """Writes the parts of the statements that read a page of a stream."""

    start: Edge | None = None
    end: Edge | None = None

    def __init__(self, rows: ArcQuerySet[Any], newest_first: bool) -> None:
        self.rows = rows
        self.connection: Any = connections[rows.db]
        self.vendor = self.connection.vendor
        self.by_row = self.vendor == "postgresql"  # conditions compare the row (column, time, key)
        self.quote = self.connection.ops.quote_name
        self.reader = ArcReader.of(rows.model, rows.db, deferred_fields(rows))
        self.table = self.reader.table
        self.low, self.high = rows.query.low_mark, rows.query.high_mark or 0
        self.newest_first = newest_first
        self.when = f"{self.table}.{self.quote('datetime')}"

    def order(self, *names: str) -> str:
        """Return an ORDER BY in the direction of the stream."""
        direction = "DESC" if self.newest_first else "ASC"
        return f"ORDER BY {', '.join(f'{name} {direction}' for name in names)}"

    def run(self, sql: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(params))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def from_where(self, parts: Iterable[Any], condition: str, params: Iterable[Any]) -> SQL:
        """Return ``FROM … WHERE …`` of the stream with these parts of WHERE and a condition."""
        keys = self.rows.values_list("pk")
        keys.query.clear_limits()
        keys.query.clear_ordering(force=True)
        conditions: list[Any] = [*parts, ExtraWhere([condition], list(params))]
        keys.query.where.children = conditions
        sql, its_params = keys.query.get_compiler(self.rows.db).as_sql()
        _, _, sql = sql.partition(" FROM ")
        return sql, list(its_params)

    def from_where_without_feed(self, condition: str, params: Iterable[Any]) -> SQL:
        """Return ``FROM … WHERE …`` of a home feed with a condition in the place of the feed."""
        parts = self.rows.query.where.children
        others = [part for part in parts if not isinstance(part, FeedNode)]
        return self.from_where(others, condition, params)

    # Ranges

    def first_of(
        self,
        field: ArcForeignKey | None,
        limit: int,
        key: SQL = ("", []),
        since: SQL | None = None,
        until: SQL | None = None,
        names: str = PLACES,
    ) -> SQL:
        """Return a SELECT of the first rows of one range, in the order of its index.

        ``key`` and the times are SQL: rows before ``since`` are left out, ``until`` ends reading.
        """
        column = field.column if field else ""
        by_column = [f"one.{self.quote(column)}"] if column and self.by_row else []
        table = f"{self.table} one"
        if field is None and self.vendor == "mysql":  # MariaDB would sort a small table
            table += " FORCE INDEX (stream_newest_idx)"
        selects, starts = [], [self.start]
        if self.start and self.start.key is not None and self.vendor == "sqlite":
            # With one condition, SQLite would read all rows of the time where reading begins.
            starts = [self.start._replace(is_inside=True), Edge(self.start.when)]
        ends = self.ends("one", since, until)
        for start in starts:
            begin = self.begin("one", start, column, key, since)
            where, params = where_all(begin if self.by_row else [*begin, *ends])
            sql = f"SELECT {names} FROM {table} {where}"
            selects.append((f"{sql} {self.order(*by_column, WHEN, ID)} LIMIT {limit}", params))
        if len(selects) > 1:
            sql, params = union_all(selects)
            return f"{sql} LIMIT {limit}", params
        [(sql, params)] = selects
        if self.by_row and ends:  # in the inner WHERE, PostgreSQL would read on past them
            where, its_params = where_all(ends)
            return f"SELECT * FROM ({sql}) one {where} LIMIT {limit}", [*params, *its_params]
        return sql, params

    def begin(
        self,
        alias: str,
        start: Edge | None,
        column: str = "",
        key: SQL = ("", []),
        since: SQL | None = None,
    ) -> list[SQL]:
        """Return the conditions that begin reading: of a range, or of all rows without a column."""
        when, pk = f"{alias}.datetime", f"{alias}.id"
        down, up = ("<", ">") if self.newest_first else (">", "<")
        column = column and f"{alias}.{self.quote(column)}"
        by_row = bool(column) and self.by_row
        found: list[SQL] = []

        def compare(names: list[str], way: str, *values: SQL) -> None:
            if by_row:
                names, values = [column, *names], (key, *values)
            left, right = ", ".join(names), ", ".join(sql for sql, _ in values)
            sql = f"({left}) {way} ({right})" if len(names) > 1 else f"{left} {way} {right}"
            found.append((sql, [each for _, params in values for each in params]))

        if by_row:
            # For ``column = key``, the planner may take the index of times. ``column >= key AND
            # (column, time) <= (key, time)`` means the same, but the planner expects so many rows
            # from it that it reads the column's index in order and sorts nothing.
            compare([], f"{up}=")
            if start is None:
                far = "'infinity'" if self.newest_first else "'-infinity'"
                compare([when], f"{down}=", (far, []))
        elif column:
            found.append((f"{column} = {key[0]}", key[1]))
        if since and not self.newest_first:
            compare([when], ">=", since)
        if start:
            at, of = [start.when], [start.key]
            if start.key is None:
                compare([when], down + "=" * start.is_inside, ("%s", at))
            elif start.is_inside:
                found.append((f"{when} = %s AND {pk} {down} %s", at + of))
            elif self.vendor == "mysql":  # the only form by which MariaDB begins in the index there
                sql = f"({when} {down} %s OR ({when} = %s AND {pk} {down} %s))"
                found.append((sql, at + at + of))
            else:
                compare([when, pk], down, ("%s", at), ("%s", of))
        return found

    def ends(self, alias: str, since: SQL | None = None, until: SQL | None = None) -> list[SQL]:
        """Return the conditions that end reading: after a row that fails them, all rows do."""
        when = f"{alias}.datetime"
        way = ">" if self.newest_first else "<"
        found = [(f"{when} {way}= {until[0]}", until[1])] if until else []
        if since and self.newest_first:
            found.append((f"{when} >= {since[0]}", since[1]))
        if self.end:
            found.append((f"{when} {way}{'=' * self.end.is_inside} %s", [self.end.when]))
        return found


def union_all(parts: list[SQL]) -> SQL:
    """Return the UNION ALL of several SELECTs, which may have an order and a limit."""
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) part{n}" for n, (part, _) in enumerate(parts))
    return sql, [each for _, params in parts for each in params]


def where_all(conditions: list[SQL]) -> SQL:
    """Return a WHERE that all these conditions must meet, or "" if there are none."""
    where = f"WHERE {' AND '.join(sql for sql, _ in conditions)}" if conditions else ""
    return where, [each for _, params in conditions for each in params]


def may_repeat_rows(query: Any) -> bool:
    """Tell whether a query joins a table in which several rows may belong to one action."""
    joins = [query.alias_map[alias] for alias, uses in query.alias_refcount.items() if uses]
    fields = [getattr(join, "join_field", None) for join in joins]
    return any(field and not (field.concrete and field.many_to_one) for field in fields)
