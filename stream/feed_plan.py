"""The plan that reads a page of a home feed, however much there is and whoever is followed.

Who follows much has a page in the newest rows: these are tested first. Else, only the followees
whose newest action is newest can fill the page: one index probe each finds these, and tells how far
back the page can reach. So few actions of theirs are newer that they are read and sorted here;
where somebody does far more than the others, so many of each as the page has rows.

All of it is written in SQL around the conditions that the queryset has besides the feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db.models.expressions import Col
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Lookup,
)
from django.db.models.sql.where import AND

from stream.arc_rows import is_of_whole_rows
from stream.feed import SQL, FeedNode, Reach
from stream.feed_probe import FeedProbe

if TYPE_CHECKING:
    from stream.models import Action
    from stream.reading import ReadingQuerySet

FEW = 100  # follows, of which each is probed at once
WINDOW = 1000  # rows that are tested first
WIDER = 8  # times as many are tested where those hold a part of the page
MANY = 8  # columns; above it, only those are named that the user's follows fill
MOST_ROWS = 500  # of a page; the plain query reads longer ones

ORDERS: dict[tuple[str, ...], bool] = {("-datetime", "-id"): True, ("datetime", "id"): False}


def fetch_page(rows: ReadingQuerySet) -> list[Action] | None:
    """Return the rows of a page of a home feed, or None where only the plain query can.

    That is for rows without a limit, in another order, or joined with others of which there may be
    several.
    """
    try:
        plan = FeedPlan.make(rows)
        return plan.fetch() if plan else None
    except EmptyResultSet:  # a filter that nothing can meet, such as verb__in=[]
        return []


class FeedPlan(FeedProbe):
    """Chooses how a page of a home feed is read."""

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
            or not is_of_whole_rows(rows)
            or _may_repeat_rows(query)
        ):
            return None
        return cls(rows, rows._feed, newest_first == query.standard_ordering)

    def fetch(self) -> list[Action] | None:
        if not self.feed.user:
            return []
        reaches, are_few = self.used_reaches()
        # A planner looks at each index of a table as often as the statement names the table.
        if not are_few or self.reader.groups:
            for size in (WINDOW, WIDER * WINDOW):
                found = self.test_window(reaches, size)
                if len(found) == self.high - self.low:
                    return found
                if len(found) * WIDER < 2 * self.high:  # a wider one would hardly hold the rest
                    break
        return self.probe(reaches)

    # What is followed

    def used_reaches(self) -> tuple[list[Reach], bool]:
        """Return the pairs of columns that the follows fill, and whether there are few follows."""
        reaches = list(self.feed.reaches())
        found = self._count_follows(reaches, FEW + 1)
        are_few = sum(count for *_, count in found) <= FEW
        columns = {each.followed for each in reaches}
        if not are_few:
            if len(columns) <= MANY:
                return reaches, False
            found = self._count_follows(reaches, None)
        used = set()
        for followed, actor_only, _ in found:
            used |= {(followed, True)} if actor_only else {(followed, True), (followed, False)}
        return [each for each in reaches if (each.followed, each.actor_only) in used], are_few

    def _count_follows(self, reaches: list[Reach], limit: int | None) -> list[tuple[Any, ...]]:
        """Return the columns of follows that are filled, by reach, and how many of the follows."""
        columns = sorted({each.followed for each in reaches})
        cases = (f"WHEN {self.quote(c)} IS NOT NULL THEN {n}" for n, c in enumerate(columns))
        follows, params = self.feed.follows(self.connection)
        sql = (
            f"SELECT filled, actor_only, COUNT(*) FROM (SELECT CASE {' '.join(cases)} END filled, "
            f"actor_only {follows} {f'LIMIT {limit}' if limit else ''}) follows GROUP BY 1, 2"
        )
        found = self.run(sql, params) if columns else []
        return [(columns[n], only, count) for n, only, count in found if n is not None]

    # The newest rows

    def test_window(self, reaches: list[Reach], size: int) -> list[Action]:
        """Return the page, or so much of it as the newest rows hold."""
        end, end_params = self._end_of_window(size)
        # SQLite takes a column with a plus by no index, and so reads the newest rows by theirs.
        table = f"+{self.table}" if self.connection.vendor == "sqlite" else self.table
        held, params = self.feed.condition(reaches, table, self.connection)
        condition = f"{self.when} {self.is_inside} {end} AND {held}"
        sql, params = self.place.filled(condition, [*end_params, *params])
        return self.read(f"{sql} {self.order} {self._slice()}", params)

    def _end_of_window(self, size: int) -> SQL:
        """Return the time of the last row of the window; of fewer rows that are left, NULL."""
        conditions, params = [], []
        for part in self.rows.query.where.children:
            if _bounds_time(part):  # a cursor's, or a filter by date
                sql, its_params = self.rows.query.get_compiler(self.rows.db).compile(part)
                conditions.append(sql)
                params += its_params
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        time = f"SELECT {self.when} FROM {self.table}"
        sql = f"{time} {where}{self._order(self.when)} LIMIT 1 OFFSET {size - 1}"
        if self.connection.vendor == "postgresql":
            return f"({sql})", params
        # The others would read other indexes, or all of this one, had they not the value.
        found = self.run(sql, params)
        return "%s", [found[0][0] if found else None]

    def _slice(self) -> str:
        return f"LIMIT {self.high - self.low} OFFSET {self.low}"


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
