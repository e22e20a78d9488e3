"""The plan that reads a page of a home feed, however much there is and whoever is followed.

First it tests the newest rows, which fill the page of who follows much. Where they do not, only the
followees whose newest action is newest can fill it: one index probe each finds these, and the page
is the newest of the rows of the first few of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.expressions import Col, RawSQL
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Lookup,
)
from django.db.models.query import ModelIterable
from django.db.models.sql.where import AND

from stream.feed import FeedNode, HomeFeed, Reach

if TYPE_CHECKING:
    from stream.models import Action
    from stream.reading import ReadingQuerySet

WINDOW = 1000  # rows that are tested first
MOST_ROWS = 500  # of a page; the plain query reads longer ones

ORDERS: dict[tuple[str, ...], bool] = {("-datetime", "-id"): True, ("datetime", "id"): False}


@dataclass(frozen=True)
class Branch:
    """The actions of one followee in one column, and the time of the first of them."""

    first: dt.datetime
    column: str
    key: Any
    since: dt.datetime | None


def fetch_page(rows: ReadingQuerySet) -> list[Action] | None:
    """Return the rows of a page of a home feed, or None where only the plain query can.

    That is for rows without a limit, in another order, or joined with others of which there may be
    several.
    """
    plan = FeedPlan.make(rows)
    return plan.fetch() if plan else None


class FeedPlan:
    """A page of a home feed: the rows without the feed's definition, and how they are sliced."""

    def __init__(self, rows: ReadingQuerySet, feed: HomeFeed, newest_first: bool) -> None:
        self.feed = feed
        self.newest_first = newest_first
        self.order = ("-datetime", "-id") if newest_first else ("datetime", "id")
        self.low, self.high = rows.query.low_mark, rows.query.high_mark or 0
        open_rows = rows.all()
        open_rows._feed = None
        open_rows._objects_from = None  # of rows that turn out not to be enough
        open_rows.query.clear_limits()
        parts = open_rows.query.where.children
        open_rows.query.where.children = [each for each in parts if not isinstance(each, FeedNode)]
        self.rows = open_rows

    @classmethod
    def make(cls, rows: ReadingQuerySet) -> FeedPlan | None:
        query = rows.query
        nodes = [each for each in query.where.children if isinstance(each, FeedNode)]
        ordering: Any = query.order_by
        if not ordering and query.default_ordering:
            ordering = rows.model._meta.ordering
        newest_first = ORDERS.get(tuple(str(name).replace("pk", "id") for name in ordering))
        if (
            rows._feed is None
            or len(nodes) != 1
            or query.where.connector != AND
            or query.where.negated
            or newest_first is None
            or query.extra_order_by
            or query.high_mark is None
            or query.high_mark > MOST_ROWS
            or not issubclass(rows._iterable_class, ModelIterable)
            or query.combinator
            or query.distinct
            or query.group_by is not None
            or query.annotations
            or query.select_for_update
            or _may_repeat_rows(query)
        ):
            return None
        return cls(rows, rows._feed, newest_first == query.standard_ordering)

    def fetch(self) -> list[Action] | None:
        if not self.feed.user:
            return []
        reaches = self.feed.used_reaches(self.rows.db)
        end = self.end_of_window()
        tested = self.rows.filter(self.feed.condition(reaches))
        if end is not None:
            is_inside = {"datetime__gte" if self.newest_first else "datetime__lte": end}
            tested = tested.filter(**is_inside)
        found = list(tested[self.low : self.high])
        if end is None or len(found) == self.high - self.low:
            return found
        try:
            return self.probe(reaches)
        except EmptyResultSet:  # a filter that nothing can meet, such as verb__in=[]
            return []

    def end_of_window(self) -> dt.datetime | None:
        """Return the time of the last row of the window, None where fewer rows are left."""
        window = self.feed.model._base_manager.using(self.rows.db).order_by(*self.order)
        for part in self.rows.query.where.children:
            if _bounds_time(part):  # a cursor's, or a filter by date
                window.query.where.add(part, AND)
        times = window.values_list("datetime", flat=True)[WINDOW - 1 : WINDOW]
        return next(iter(times), None)

    def probe(self, reaches: list[Reach]) -> list[Action] | None:
        """Return the page from the followees whose first action comes first."""
        count = self.high
        for _ in range(3):
            branches = self.first_branches(reaches, count)
            taken, left = branches[:count], branches[count:]
            found = self.rows_of(taken)
            # Rows may be in several branches, and times may be equal: then more are needed.
            if not left or self._all_before(found, left[0].first):
                return found
            count *= 4
        return None

    def _all_before(self, found: list[Action], first: dt.datetime) -> bool:
        if len(found) < self.high - self.low:
            return False
        last = found[-1].datetime
        return last > first if self.newest_first else last < first

    def first_branches(self, reaches: list[Reach], count: int) -> list[Branch]:
        """Return the branches whose first row comes first, one more than ``count``."""
        branches = []
        order = F("first").desc if self.newest_first else F("first").asc
        for reach in reaches:
            its_rows = self.rows.filter(**{reach.column: OuterRef(reach.followed)})
            if self.feed.since_follow:
                its_rows = its_rows.filter(datetime__gte=OuterRef("datetime"))
            first = Subquery(its_rows.order_by(*self.order).values("datetime")[:1])
            followees = self.feed.follows(reach).using(self.rows.db).annotate(first=first)
            columns = "first", reach.followed, "datetime"
            found = followees.order_by(order(nulls_last=True)).values_list(*columns)[: count + 1]
            for when, key, since in found:
                if when is not None:
                    since = since if self.feed.since_follow else None
                    branches.append(Branch(when, reach.column, key, since))
        branches.sort(key=lambda branch: branch.first, reverse=self.newest_first)
        return branches

    def rows_of(self, branches: list[Branch]) -> list[Action]:
        """Return the page from the rows of these branches and the user's own."""
        connection = connections[self.rows.db]
        parts: list[str] = []
        params: list[Any] = []
        compiled: dict[str, tuple[str, list[Any]]] = {}
        for branch in dict.fromkeys(branches):
            if branch.column not in compiled:
                condition = Q((branch.column, branch.key))
                if branch.since:
                    condition &= Q(datetime__gte=branch.since)
                compiled[branch.column] = self._compile(condition)
            sql, first_params = compiled[branch.column]
            # The same statement for all: its last parameters are the key, and the time if any.
            column: Any = self.feed.model._meta.get_field(branch.column)
            its_own = [column.target_field.get_db_prep_value(branch.key, connection)]
            if branch.since:
                its_own.append(connection.ops.adapt_datetimefield_value(branch.since))
            parts.append(sql)
            params += [*first_params[: len(first_params) - len(its_own)], *its_own]
        if own := self.feed.own():
            sql, own_params = self._compile(own)
            parts.append(sql)
            params += own_params
        if not parts:
            return []
        union = " UNION ".join(f"SELECT * FROM ({sql}) part{n}" for n, sql in enumerate(parts))  # noqa: S608
        direction = "DESC" if self.newest_first else "ASC"
        order = f"ORDER BY 1 {direction}, 2 {direction} LIMIT {self.high}"
        keys = f"SELECT page.id FROM ({union} {order}) page"  # noqa: S608
        return list(self.rows.filter(pk__in=RawSQL(keys, params))[self.low : self.high])  # noqa: S611

    def _compile(self, condition: Q) -> tuple[str, list[Any]]:
        rows = self.rows.filter(condition).order_by(*self.order).values_list("datetime", "id")
        sql, params = rows[: self.high].query.get_compiler(self.rows.db).as_sql()
        return sql, list(params)


def _bounds_time(part: Any) -> bool:
    return (
        isinstance(part, Lookup)
        and isinstance(part, (LessThan, LessThanOrEqual, GreaterThan, GreaterThanOrEqual))
        and isinstance(part.lhs, Col)
        and part.lhs.target.attname == "datetime"
        and not hasattr(part.rhs, "resolve_expression")
    )


def _may_repeat_rows(query: Any) -> bool:
    """Tell whether the query joins a table in which several rows may belong to one action."""
    joins = [query.alias_map[alias] for alias, uses in query.alias_refcount.items() if uses]
    fields = [getattr(join, "join_field", None) for join in joins]
    return any(field and not (field.concrete and field.many_to_one) for field in fields)
