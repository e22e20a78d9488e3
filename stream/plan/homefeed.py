"""What a home feed holds. How a page of it is read is in ``stream.plan.pages``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db.models import Model
from django.db.models.sql.where import WhereNode

from stream.following import follow_model
from stream.plan.ranges import SQL, Ranges

if TYPE_CHECKING:
    from stream.arc.models import ArcQuerySet
    from stream.base import BaseAction

_Rows = TypeVar("_Rows", bound="ArcQuerySet[Any]")

FOLLOWS_COUNTED = 100  # of who follows more, the newest actions of all are tested first
COLUMNS_ALWAYS_NAMED = 8  # above it, only those that the user's follows fill


@dataclass(frozen=True)
class Reach:
    """A way in which follows bring actions: the objects of one column in the column of a role."""

    role: str
    column: str
    followed: str

    @property
    def actor_only(self) -> bool:
        """Tell whether follows of the narrower reach bring these, too."""
        return self.role == "actor"


@lru_cache(maxsize=16)
def reaches(model: type[BaseAction], follows: Any, *_widths: int) -> tuple[Reach, ...]:
    """Return the pairs of columns; the widths of the tables tell when there are new ones."""
    found: dict[Reach, None] = {}
    for arc in model.arcs.values():
        pairs = set()
        for each in {*arc.models, *follows.target.models}:  # either may hold the other's children
            column, followed = arc.find_field(each), follows.target.find_field(each)
            if column and followed:
                pairs.add(Reach(arc.name, column.column, followed.column))
        found |= dict.fromkeys(sorted(pairs, key=lambda pair: (pair.column, pair.followed)))
    return tuple(found)


@dataclass(frozen=True)
class HomeFeed:
    """What a user's home feed holds; of None, nothing."""

    model: type[BaseAction]
    user: Model | None
    with_user_activity: bool = False
    flag: str | None = None
    since_follow: bool = False
    only: tuple[tuple[str, tuple[Any, ...]], ...] | None = (
        None  # columns and keys that are followed
    )

    def reaches(self) -> tuple[Reach, ...]:
        """Return the pairs of database columns that a feed may join. No query."""
        follows = follow_model("user_stream()")
        return reaches(self.model, follows, *(len(m._meta.fields) for m in (self.model, follows)))

    # In SQL, since the ORM would take longer to write it than the database takes to run it.

    def follows(self, connection: Any) -> SQL:
        """Return the rest of a SELECT that begins the user's follows, and may be restricted."""
        model, quote = follow_model("user_stream()"), connection.ops.quote_name
        user: Any = model._meta.get_field("user")
        key = user.target_field.get_db_prep_value(self.user.pk if self.user else None, connection)
        sql = f"FROM {quote(model._meta.db_table)} WHERE {quote(user.column)} = %s"
        params = [key]
        if self.flag is not None:
            sql += f" AND {quote('flag')} = %s"
            params.append(self.flag)
        if self.only is not None:
            lists = (
                f"{quote(name)} IN ({', '.join(['%s'] * len(keys))})" for name, keys in self.only
            )
            sql += f" AND ({' OR '.join(lists)})"
            params += [each for _, keys in self.only for each in keys]
        return sql, params

    def follows_of(self, reach: Reach, connection: Any) -> SQL:
        """Return the rest of a SELECT of the follows that bring actions by a pair of columns."""
        quote = connection.ops.quote_name
        sql, params = self.follows(connection)
        sql += f" AND {quote(reach.followed)} IS NOT NULL"
        if not reach.actor_only:
            sql += f" AND NOT {quote('actor_only')}"
        return sql, params

    def used_reaches(self, connection: Any) -> tuple[list[Reach], float]:
        """Return the pairs of columns that the follows fill, and the number of ranges, if few."""
        reaches = self.reaches()
        counts = self._count_follows(reaches, FOLLOWS_COUNTED + 1, connection)
        are_few = sum(count for *_, count in counts) <= FOLLOWS_COUNTED
        if not are_few:
            if len({each.followed for each in reaches}) <= COLUMNS_ALWAYS_NAMED:
                return list(reaches), inf
            counts = self._count_follows(reaches, None, connection)
        brought = [
            (reach, count)
            for reach in reaches
            for followed, actor_only, count in counts
            if reach.followed == followed and (reach.actor_only or not actor_only)
        ]
        used = list(dict.fromkeys(reach for reach, _ in brought))
        return used, sum(count for _, count in brought) if are_few else inf

    def _count_follows(
        self, reaches: Iterable[Reach], limit: int | None, connection: Any
    ) -> list[tuple[Any, ...]]:
        """Return the columns of follows that are filled, by reach, and how many of the follows."""
        quote, columns = connection.ops.quote_name, sorted({each.followed for each in reaches})
        cases = (f"WHEN {quote(c)} IS NOT NULL THEN {n}" for n, c in enumerate(columns))
        follows, params = self.follows(connection)
        sql = (
            f"SELECT filled, actor_only, COUNT(*) FROM (SELECT CASE {' '.join(cases)} END filled, "
            f"actor_only {follows} {f'LIMIT {limit}' if limit else ''}) follows GROUP BY 1, 2"
        )
        if not columns:
            return []
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = cursor.fetchall()
        return [(columns[n], only, count) for n, only, count in found if n is not None]

    def ranges(self, reaches: Iterable[Reach], connection: Any) -> list[Ranges]:
        """Return the ranges of some pairs of columns, and those of the user's own actions."""
        quote, found = connection.ops.quote_name, []
        for reach in reaches:
            follows, params = self.follows_of(reach, connection)
            followed = quote(reach.followed)
            since = f"MIN({quote('datetime')})" if self.since_follow else "NULL"
            sql = f"SELECT {followed} AS pick, {since} AS since {follows} GROUP BY {followed}"
            fields = self.model.arcs[reach.role].fields
            [field] = (each for each in fields if each.column == reach.column)
            ranges = Ranges(field, reach.role, (), (sql, params), self.since_follow)
            found.append(ranges)
        if self.with_user_activity and self.user:
            field, key = self._own_key(connection)
            found.append(Ranges(field, "actor", (key,)))
        return found

    def _own_key(self, connection: Any) -> tuple[Any, Any]:
        """Return the column of the user's own actions, and the key in it."""
        field: Any = self.model.actor.field_for(self.user)
        return field, field.target_field.get_db_prep_value(self.user.pk, connection)  # type: ignore[union-attr]

    def own(self, alias: str, connection: Any) -> SQL | None:
        """Return the condition of the user's own actions, where the feed holds them."""
        if not self.with_user_activity or not self.user:
            return None
        field, key = self._own_key(connection)
        return f"{alias}.{connection.ops.quote_name(field.column)} = %s", [key]

    def condition(self, reaches: Iterable[Reach], alias: str, connection: Any) -> SQL:
        """Return the plain definition for some pairs of columns: an OR of semi-joins.

        Raises EmptyResultSet where nothing can meet it.
        """
        quote = connection.ops.quote_name
        own = self.own(alias, connection)
        parts, params = ([own[0]], list(own[1])) if own else ([], [])
        for reach in reaches if self.user else ():
            follows, its_params = self.follows_of(reach, connection)
            column = f"{alias}.{quote(reach.column)}"
            if self.since_follow:
                same = f"{quote(reach.followed)} = {column}"
                since = f"{quote('datetime')} <= {alias}.{quote('datetime')}"
                parts.append(f"EXISTS (SELECT 1 {follows} AND {same} AND {since})")
            else:
                parts.append(f"{column} IN (SELECT {quote(reach.followed)} {follows})")
            params += its_params
        if not parts:
            raise EmptyResultSet
        return f"({' OR '.join(parts)})", params


class FeedNode(WhereNode):
    """The part of a query's WHERE that is a home feed, spelled out when the query is compiled.

    ``stream.plan.pages`` takes it out and reads its ranges instead.
    """

    def __init__(self, feed: HomeFeed, alias: str, reaches: list[Reach] | None = None) -> None:
        super().__init__()
        self.feed = feed
        self.alias = alias
        self.reaches = reaches  # all, if none are given

    def __bool__(self) -> bool:
        return True

    def clone(self) -> FeedNode:
        return FeedNode(self.feed, self.alias, self.reaches)

    def relabel_aliases(self, change_map: dict[str | None, str]) -> None:
        self.alias = change_map.get(self.alias, self.alias)

    def replace_expressions(self, replacements: Any) -> FeedNode:
        return self.clone()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        # Quoted or not as Django does, which differs by version.
        pk, _ = compiler.compile(self.feed.model._meta.pk.get_col(self.alias))
        alias, _, _ = pk.rpartition(".")
        reaches = self.feed.reaches() if self.reaches is None else self.reaches
        return self.feed.condition(reaches, alias, connection)


def restrict(rows: _Rows, feed: HomeFeed) -> _Rows:
    """Restrict rows to a feed. Raises ImproperlyConfigured where nobody can follow anything."""
    follow_model("user_stream()")
    restricted: Any = rows.all()
    alias = restricted.query.get_initial_alias()
    restricted.query.where.children.append(FeedNode(feed, alias))
    restricted._feed = feed
    return restricted  # type: ignore[no-any-return]


def narrow(rows: _Rows, feed: HomeFeed, only: dict[str, list[Any]]) -> _Rows:
    """Restrict the rows of a feed to some of what is followed: columns, and the keys in them."""
    narrowed = rows.all()
    where = narrowed.query.where
    where.children = [each for each in where.children if not isinstance(each, FeedNode)]
    pairs = tuple((name, tuple(keys)) for name, keys in sorted(only.items()))
    return restrict(narrowed, replace(feed, only=pairs))
