"""The statement of a page of a home feed, with a place where conditions are written in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections
from django.db.models.sql.where import WhereNode

from stream.arc_deferred import deferred_fields
from stream.arc_rows import ArcReader, set_known
from stream.feed import SQL, FeedNode, HomeFeed

if TYPE_CHECKING:
    from stream.models import Action
    from stream.reading import ReadingQuerySet

MARK = "\0feed\0"


class Mark(WhereNode):
    """The place of a condition that is written into the compiled statement."""

    def __init__(self) -> None:
        super().__init__()

    def __bool__(self) -> bool:
        return True

    def clone(self) -> Mark:
        return Mark()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return MARK, []


class Place(NamedTuple):
    """Where a condition goes into a statement."""

    before: str
    after: str
    params: list[Any]

    def filled(self, condition: str, params: Iterable[Any]) -> SQL:
        return f"{self.before}{condition}{self.after}", [*self.params, *params]


class FeedStatement:
    """What all statements for a page of a home feed have in common."""

    def __init__(self, rows: ReadingQuerySet, feed: HomeFeed, newest_first: bool) -> None:
        self.feed = feed
        self.rows = rows
        self.connection: Any = connections[rows.db]
        self.quote = self.connection.ops.quote_name
        self.reader = ArcReader.of(rows.model, rows.db, deferred_fields(rows))
        self.table = self.reader.table
        self.low, self.high = rows.query.low_mark, rows.query.high_mark or 0
        self.newest_first = newest_first
        self.is_inside = ">=" if newest_first else "<="
        self.when = f"{self.table}.{self.quote('datetime')}"
        self.order = self._order(self.when, self.reader.key)
        self.place = self._place()

    def _order(self, *names: str) -> str:
        direction = "DESC" if self.newest_first else "ASC"
        return f"ORDER BY {', '.join(f'{name} {direction}' for name in names)}"

    def _place(self) -> Place:
        """Return the rest of a SELECT with a place for conditions instead of the feed."""
        keys = self.rows.values_list("pk")
        keys.query.clear_limits()
        keys.query.clear_ordering(force=True)
        others = [each for each in keys.query.where.children if not isinstance(each, FeedNode)]
        keys.query.where.children = [*others, Mark()]
        sql, params = keys.query.get_compiler(self.rows.db).as_sql()
        before, after = sql.split(MARK)
        _, _, before = before.partition(" FROM ")
        return Place(before, after, list(params))

    def read(self, sql: str, params: Iterable[Any]) -> list[Action]:
        found = self.reader.read(self.reader.select + sql, list(params))
        return set_known(self.rows, found)

    def run(self, sql: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(params))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def all_of(parts: list[SQL]) -> SQL:
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) part{n}" for n, (part, _) in enumerate(parts))
    return sql, [each for _, params in parts for each in params]
