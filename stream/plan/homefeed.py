"""Which actions a home feed has. How a page of it is read is in ``stream.plan.pages``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db.models import Model
from django.db.models.sql.where import WhereNode

from stream.arc.internals import keep_until_registration
from stream.following import follow_model
from stream.plan.ranges import SQL, Range

if TYPE_CHECKING:
    from stream.arc.columns import ArcForeignKey
    from stream.arc.models import ArcQuerySet
    from stream.base import BaseAction

_Rows = TypeVar("_Rows", bound="ArcQuerySet[Any]")


@dataclass(frozen=True)
class Reach:
    """A pair of columns by which follows bring actions.

    The key in the column ``followed`` of a follow is looked for in the column ``field`` of actions.
    """

    role: str
    field: ArcForeignKey
    followed: str

    @property
    def column(self) -> str:
        return self.field.column

    @property
    def is_by_actor(self) -> bool:
        """Tell whether it finds what a followed object does: all that ``actor_only`` brings."""
        return self.role == "actor"


@keep_until_registration
def reaches(model: type[BaseAction], follows: Any) -> tuple[Reach, ...]:
    """Return the pairs of columns by which follows may bring actions."""
    found: dict[Reach, None] = {}
    for arc in model.arcs.values():
        pairs = set()
        for each in {*arc.models, *follows.target.models}:  # either may hold the other's children
            column, followed = arc.find_field(each), follows.target.find_field(each)
            if column and followed:
                pairs.add(Reach(arc.name, column, followed.column))
        found |= dict.fromkeys(sorted(pairs, key=lambda pair: (pair.column, pair.followed)))
    return tuple(found)


@dataclass(frozen=True)
class HomeFeed:
    """The definition of a user's home feed, which is empty for None."""

    model: type[BaseAction]
    user: Model | None
    with_user_activity: bool = False
    flag: str | None = None
    since_follow: bool = False
    #: Columns of follows, and keys in them: the feed is that of these follows alone; (): of none.
    only: tuple[tuple[str, tuple[Any, ...]], ...] | None = None

    def reaches(self) -> tuple[Reach, ...]:
        """Return the pairs of columns that a feed may join. No query."""
        return reaches(self.model, follow_model("user_stream()"))

    # In SQL, since the ORM would take longer to write it than the database takes to run it.

    def follows(self, connection: Any) -> SQL:
        """Return ``FROM … WHERE …`` of the user's follows; conditions may be added by AND."""
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
        """Return ``FROM … WHERE …`` of the follows that bring actions by a pair of columns."""
        quote = connection.ops.quote_name
        sql, params = self.follows(connection)
        sql += f" AND {quote(reach.followed)} IS NOT NULL"
        if not reach.is_by_actor:
            sql += f" AND NOT {quote('actor_only')}"
        return sql, params

    def ranges(self, connection: Any, limit: int | None = None) -> tuple[list[Range], bool]:
        """Return the ranges of up to ``limit`` follows, and whether there are more. One query."""
        quote, reaches = connection.ops.quote_name, self.reaches()
        columns = {
            name: [reach for reach in reaches if reach.followed == name]
            for name in sorted({reach.followed for reach in reaches})
        }
        rows: list[Any] = []
        if self.user and columns and self.only != ():
            since = quote("datetime") if self.since_follow else "NULL"
            names = ", ".join([since, quote("actor_only"), *map(quote, columns)])
            follows, params = self.follows(connection)
            last = "" if limit is None else f" LIMIT {limit + 1}"
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {names} {follows}{last}", params)
                rows = cursor.fetchall()
        ranges: dict[tuple[Any, Any], Range] = {}
        for since, actor_only, *keys in rows:
            for brought, key in zip(columns.values(), keys, strict=True):
                for reach in brought if key is not None else ():
                    if reach.is_by_actor or not actor_only:
                        pair = reach.field, key
                        if pair not in ranges or (since and since < ranges[pair].since):
                            ranges[pair] = Range(*pair, since)
        if own := self._own(connection):
            ranges[own] = Range(*own)
        return list(ranges.values()), limit is not None and len(rows) > limit

    def _own(self, connection: Any) -> tuple[ArcForeignKey, Any] | None:
        """Return the column of the user's own actions and the key in it, if the feed holds them."""
        if not self.with_user_activity or not self.user:
            return None
        field: Any = self.model.actor.field_for(self.user)
        return field, field.target_field.get_db_prep_value(self.user.pk, connection)

    def condition(self, alias: str, connection: Any, fields: Collection[Any] | None = None) -> SQL:
        """Return the feed as one condition, an OR of semi-joins, of all columns or of ``fields``.

        Raises EmptyResultSet if no action can meet it.
        """
        quote = connection.ops.quote_name
        parts, params = [], []
        if own := self._own(connection):
            parts.append(f"{alias}.{quote(own[0].column)} = %s")
            params.append(own[1])
        for reach in self.reaches() if self.user and self.only != () else ():
            if fields is not None and reach.field not in fields:
                continue
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
    """The part of a query's WHERE that is a home feed; its SQL is written when it is compiled.

    ``stream.plan.pages`` takes it out and reads its ranges instead.
    """

    def __init__(self, feed: HomeFeed, alias: str, fields: Collection[Any] | None = None) -> None:
        super().__init__()
        self.feed = feed
        self.alias = alias
        self.fields = fields  # the columns that the user's follows fill; None for all

    def __bool__(self) -> bool:
        return True

    def clone(self) -> FeedNode:
        return FeedNode(self.feed, self.alias, self.fields)

    def relabel_aliases(self, change_map: dict[str | None, str]) -> None:
        self.alias = change_map.get(self.alias, self.alias)

    def replace_expressions(self, replacements: Any) -> FeedNode:
        return self.clone()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        # Django quotes aliases or not, by its version.
        pk, _ = compiler.compile(self.feed.model._meta.pk.get_col(self.alias))
        alias, _, _ = pk.rpartition(".")
        return self.feed.condition(alias, connection, self.fields)


def restrict(rows: _Rows, feed: HomeFeed) -> _Rows:
    """Restrict a queryset to a feed. Raises ImproperlyConfigured without the app ``follow``."""
    follow_model("user_stream()")
    restricted: Any = rows.all()
    alias = restricted.query.get_initial_alias()
    restricted.query.where.children.append(FeedNode(feed, alias))
    restricted._feed = feed
    return restricted  # type: ignore[no-any-return]


def narrow(rows: _Rows, feed: HomeFeed, only: dict[str, list[Any]]) -> _Rows:
    """Restrict the queryset of a feed to some follows: the keys in their columns."""
    narrowed = rows.all()
    where = narrowed.query.where
    where.children = [each for each in where.children if not isinstance(each, FeedNode)]
    pairs = tuple((name, tuple(keys)) for name, keys in sorted(only.items()))
    return restrict(narrowed, replace(feed, only=pairs))
