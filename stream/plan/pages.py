"""How a page of a stream is read: it is the top of a merge of ranges.

Other conditions, such as a verb, are tested on the rows that the merge finds: first on some more
than the page has, then on those that follow. When they have left out ``ROWS_LOOKED_AT`` rows, the
page ends there, and its ``next`` goes on from there.

The page of a user who follows more than ``KEYS_PROBED_AT_ONCE`` objects is mostly among the newest
of all actions: these are tested first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import Exists, OuterRef
from django.db.models.sql.where import AND, WhereNode

from stream.arc.reading import is_of_whole_rows, set_known
from stream.plan.homefeed import FeedNode, HomeFeed
from stream.plan.merge import Merge, Place, Row
from stream.plan.ranges import (
    ALL,
    SQL,
    Edge,
    Range,
    Ranges,
    bounds_time,
    find_union,
    time_edges,
)
from stream.plan.statement import may_repeat_rows, where_all

if TYPE_CHECKING:
    from stream.arc.models import ArcQuerySet
    from stream.paging.pages import Position

ROWS_LOOKED_AT = 1000  # by one statement, and left out before a page ends
ROWS_SKIPPED = 500  # by a slice; where it skips more, Django's query reads it
KEYS_PROBED_AT_ONCE = 100  # above it, the newest actions of all are tested first
# MariaDB plans a SELECT for each key: above it, the newest actions are tested once before.
KEYS_PROBED_BY_MARIADB = 25
ROWS_TESTED = 1000  # of the newest actions
WIDER = 8  # times as many rows are tested next, if the first do not fill the page

ORDERS: dict[tuple[str, ...], bool] = {("-datetime", "-id"): True, ("datetime", "id"): False}


class Found(NamedTuple):
    """The rows of a page, and the position where it ended if conditions left out too many.

    ``reached`` is None for a full page, which ended at its last row, and at the end of the stream.
    """

    rows: list[Any]
    reached: Position | None


class Plan(Merge):
    """Reads a page of a stream."""

    union: Ranges  # unless it is a home feed, whose ranges come from its follows
    node: Any  # the condition that is the union of ranges; None if all actions are read
    others: list[Any]  # all conditions but it and the times
    feed: HomeFeed | None

    @classmethod
    def make(
        cls, rows: ArcQuerySet[Any], position: Position | None = None, is_page: bool = False
    ) -> Plan | None:
        """Return the plan of a slice, or None if only Django's query can read it.

        That is for a queryset without a limit, in another order, with a join that may repeat rows,
        or without ranges. A page of all actions has no ranges, but has a plan.
        """
        query = rows.query
        ordering: Any = query.order_by
        if not ordering and query.default_ordering:
            ordering = rows.model._meta.ordering
        newest_first = ORDERS.get(tuple(str(name).replace("pk", "id") for name in ordering))
        if (
            query.where.connector != AND
            or query.where.negated
            or newest_first is None
            or query.extra_order_by
            or query.high_mark is None
            or query.low_mark > ROWS_SKIPPED
            or not is_of_whole_rows(rows)
            or may_repeat_rows(query)
        ):
            return None
        plan = cls(rows, newest_first == query.standard_ordering)
        return plan if plan.find(position) or is_page else None

    def find(self, position: Position | None) -> bool:
        """Find the ranges, the edges and the other conditions; return whether there are ranges."""
        parts: list[Any] = self.rows.query.where.children
        feeds = [part for part in parts if isinstance(part, FeedNode)]
        self.feed = feeds[0].feed if len(feeds) == 1 else None
        compiler = self.rows.query.get_compiler(self.rows.db)
        self.union, self.node = find_union(self.rows.model, parts, compiler)
        if self.node is None:
            self.union, self.node = [ALL], feeds[0] if feeds else None
        times = [part for part in parts if bounds_time(part, self.rows.model._meta.db_table)]
        self.others = [part for part in parts if part is not self.node and part not in times]
        edges = time_edges(times, self.newest_first, position)
        self.start, self.end = (edge and self.adapted(edge) for edge in edges)
        return self.node is not None

    def adapted(self, edge: Edge) -> Edge:
        """Return an edge whose time is prepared for the database."""
        field = self.rows.model._meta.get_field("datetime")
        return edge._replace(when=field.get_db_prep_value(edge.when, self.connection))

    def fetch(self) -> Found:
        """Return the rows of the page."""
        try:
            self.held = self.compiled_others()
            # For a wide table, each statement takes long to plan: planners look at every index.
            is_wide = bool(self.reader.groups) and isinstance(self.node, FeedNode)
            ranges, are_many = self.ranges(None if is_wide else KEYS_PROBED_AT_ONCE)
            sizes: tuple[int, ...] = ()
            if are_many or is_wide:
                sizes = ROWS_TESTED, WIDER * ROWS_TESTED
            elif self.vendor == "mysql" and len(ranges) > KEYS_PROBED_BY_MARIADB:
                sizes = (ROWS_TESTED,)
            if sizes and self.high <= ROWS_TESTED and self.node:
                if isinstance(self.node, FeedNode) and not are_many:
                    filled = {each.field for each in ranges}
                    self.node = FeedNode(self.node.feed, self.node.alias, filled)
                rows = self.tested(sizes)
                if rows is not None:
                    return Found(rows, None)
            return self.merged(self.ranges()[0] if are_many else ranges)
        except EmptyResultSet:  # of a filter that nothing can meet, such as verb__in=[]
            return Found([], None)

    def ranges(self, limit: int | None = None) -> tuple[list[Range], bool]:
        """Return the ranges, and whether there are more than ``limit``.

        If there are more, those of a home feed or subquery are cut off at ``limit`` follows or
        keys. One query for each home feed or subquery.
        """
        if isinstance(self.node, FeedNode):
            return self.node.feed.ranges(self.connection, limit)
        found: dict[Range, None] = {}
        for each in self.union:
            if isinstance(each, Range):
                found[each] = None
                continue
            sql, params = each.keys
            sql = f"WITH picked (pick) AS {sql} SELECT DISTINCT pick FROM picked"
            keys = self.run(sql if limit is None else f"{sql} LIMIT {limit + 1}", params)
            found |= dict.fromkeys(Range(each.field, key) for (key,) in keys if key is not None)
        return list(found), limit is not None and len(found) > limit

    def compiled_others(self) -> SQL:
        """Return the SQL of the other conditions. Raises EmptyResultSet if nothing meets them."""
        if not self.others:
            return "", []
        query, where = self.rows.query, WhereNode(list(self.others))
        if sum(1 for uses in query.alias_refcount.values() if uses) > 1:  # it joins other tables
            inner = self.rows.all()
            inner.query.clear_limits()
            inner.query.clear_ordering(force=True)
            inner.query.where = where
            same = Exists(inner.filter(pk=OuterRef("pk")))
            query = self.rows.model._base_manager.using(self.rows.db).filter(same).query
            where = query.where
        try:
            sql, params = query.get_compiler(self.rows.db).compile(where)
        except FullResultSet:
            return "", []
        return sql, list(params)

    def merged(self, ranges: list[Range]) -> Found:
        """Return the page by merging, or as much of it as is in ``ROWS_LOOKED_AT``."""
        held: list[Row] = []
        is_filtered = bool(self.held[0])
        count = self.high + (self.high // 8 + 2) * is_filtered  # most rows are public
        looked_at = 0
        while True:
            count = min(count, ROWS_LOOKED_AT)
            rows, last = self.first_rows(ranges, count)
            held += rows
            looked_at += count
            if len(held) >= self.high or last is None:
                return Found(self.made(held[self.low : self.high]), None)
            self.start = Edge(*last)
            left = ROWS_LOOKED_AT - (looked_at - len(held))
            if left <= 0:
                return Found(self.made(held[self.low :]), self.position(last))
            # As many as have the rest of the page, if conditions leave out as many as before.
            count = (self.high - len(held)) * -(-looked_at // max(len(held), 1))
            count = min(count, left) if is_filtered else count

    def made(self, rows: list[Row]) -> list[Any]:
        return set_known(self.rows, self.reader.instances(rows))

    def position(self, place: Place) -> Position:
        """Return a place with its time converted to Python."""
        field: Any = self.rows.model._meta.get_field("datetime")
        when, key = place
        for convert in self.connection.ops.get_db_converters(field.get_col(self.table)):
            when = convert(when, field, self.connection)
        return when, key

    # The newest actions of all

    def tested(self, sizes: Iterable[int]) -> list[Any] | None:
        """Return the page if it is among so many of the newest actions, or else None."""
        for size in sizes:
            found = self.tested_of(size)
            if len(found) == self.high - self.low:
                return set_known(self.rows, found)
            if len(found) * WIDER < 2 * self.high:  # more would hardly fill the page
                break
        return None

    def tested_of(self, size: int) -> list[Any]:
        """Return those of ``size`` newest actions that are in the stream, up to a page."""
        if self.vendor == "postgresql":
            newest, before = self.first_of(None, size, names="*")
            source, condition = f"({newest}) {self.table}", "1 = 1"
            after: list[Any] = []
        else:  # SQLite and MariaDB would copy the rows of a subquery first
            sql, params = self.first_of(None, size)
            last = f"{'MIN' if self.newest_first else 'MAX'}({self.quote('datetime')})"
            found = self.run(f"SELECT {last} FROM ({sql}) one HAVING COUNT(*) = {size}", params)
            if not found:
                return []
            begin = self.begin(self.table, self.start)
            where, after = where_all([*begin, *self.ends(self.table, until=("%s", [found[0][0]]))])
            source, condition, before = self.table, where.removeprefix("WHERE "), []
            # Otherwise planners might take the indexes of the ranges.
            hint = "FORCE INDEX (%s)" if self.vendor == "mysql" else "INDEXED BY %s"
            source += f" {hint % self.quote('stream_newest_idx')}"
        tail, params = self.from_where([self.node, *self.others], condition, after)
        tail = f"{source}{tail.removeprefix(self.table)} {self.order(self.when, self.reader.key)}"
        sql = f"{self.reader.select}{tail} LIMIT {self.high - self.low} OFFSET {self.low}"
        return self.reader.read(sql, [*before, *params])
