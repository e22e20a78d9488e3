"""What a home feed holds. How a page of it is read fast is in ``stream.feed_plan``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connections
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode

from stream.following import follow_model

if TYPE_CHECKING:
    from stream.models import Action
    from stream.reading import ReadingQuerySet

_Rows = TypeVar("_Rows", bound="ReadingQuerySet")


@dataclass(frozen=True)
class Reach:
    """A way in which follows bring actions: the objects of one column in the column of a role."""

    column: str
    followed: str
    actor_only: bool


@dataclass(frozen=True)
class HomeFeed:
    """What a user's home feed holds; of None, nothing."""

    model: type[Action]
    user: Model | None
    with_user_activity: bool = False
    flag: str | None = None
    since_follow: bool = False

    def reaches(self) -> Iterator[Reach]:
        """Yield the pairs of columns that a feed may join. No query."""
        target = follow_model("user_stream()").target
        for arc in self.model.arcs.values():
            pairs = set()
            for model in {*arc.models, *target.models}:  # either may hold the other's children
                column, followed = arc.find_field(model), target.find_field(model)
                if column and followed:
                    pairs.add(Reach(column.name, followed.name, arc.name == "actor"))
            yield from sorted(pairs, key=lambda reach: (reach.column, reach.followed))

    def used_reaches(self, using: str) -> list[Reach]:
        """Return the pairs of columns that the user's follows fill: one query.

        It is written by hand: for hundreds of columns the ORM would take longer than the database.
        """
        reaches = list(self.reaches())
        if not self.user or not reaches:
            return []
        model, quote = follow_model("user_stream()"), connections[using].ops.quote_name
        fields = {field.name: field.column for field in model.target.fields}
        column_of = {name: str(fields[name]) for name in sorted({r.followed for r in reaches})}
        parts: list[str] = []
        params: list[Any] = []
        for column in column_of.values():
            for whole in ("", f" AND NOT {quote('actor_only')}"):
                flag = "" if self.flag is None else f" AND {quote('flag')} = %s"
                parts.append(
                    f"EXISTS (SELECT 1 FROM {quote(model._meta.db_table)} "  # noqa: S608
                    f"WHERE {quote('user_id')} = %s AND {quote(column)} IS NOT NULL{flag}{whole})"
                )
                params += [self.user.pk, self.flag][: 1 if self.flag is None else 2]
        with connections[using].cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", params)
            answers = iter(cursor.fetchone())
        is_used = {(name, actor_only): next(answers) for name in column_of for actor_only in (1, 0)}
        return [each for each in reaches if is_used[each.followed, each.actor_only]]

    def follows(self, reach: Reach) -> QuerySet[Any]:
        """Return the follows that bring actions by a pair of columns."""
        user = self.user.pk if self.user else None
        conditions = {"user": user, f"{reach.followed}__isnull": False}
        if self.flag is not None:
            conditions["flag"] = self.flag
        if not reach.actor_only:
            conditions["actor_only"] = False
        return follow_model("user_stream()")._default_manager.filter(**conditions).order_by()

    def own(self) -> Q | None:
        """Return the condition of the user's own actions, where the feed holds them."""
        if not self.with_user_activity or not self.user:
            return None
        return self.model.actor.q(self.user)

    def condition(self, reaches: Iterable[Reach]) -> Q:
        """Return the plain definition for some pairs of columns: an OR of semi-joins."""
        held = self.own() or Q(pk__in=[])
        for reach in reaches:
            follows = self.follows(reach)
            if self.since_follow:
                same = {reach.followed: OuterRef(reach.column)}
                since = follows.filter(datetime__lte=OuterRef("datetime"), **same)
                held |= Q(Exists(since))
            else:
                held |= Q((f"{reach.column}__in", follows.values(reach.followed)))
        return held


class FeedNode(WhereNode):
    """The part of a query's WHERE that is a home feed, spelled out when the query is compiled.

    A plan takes it out and puts something faster in its place.
    """

    def __init__(self, feed: HomeFeed, alias: str) -> None:
        super().__init__()
        self.feed = feed
        self.alias = alias

    def __bool__(self) -> bool:
        return True

    def clone(self) -> FeedNode:
        return FeedNode(self.feed, self.alias)

    def relabel_aliases(self, change_map: dict[str | None, str]) -> None:
        self.alias = change_map.get(self.alias, self.alias)

    def replace_expressions(self, replacements: Any) -> FeedNode:
        return self.clone()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        query, table = Query(self.feed.model), self.feed.model._meta.db_table
        query.alias_prefix = compiler.query.alias_prefix  # so that no alias hides another
        where = query.build_where(self.feed.condition(self.feed.reaches()))
        if self.alias != table:
            where.relabel_aliases({table: self.alias})
        return where.as_sql(compiler, connection)


def restrict(rows: _Rows, feed: HomeFeed) -> _Rows:
    """Restrict rows to a feed. Raises ImproperlyConfigured where nobody can follow anything."""
    follow_model("user_stream()")
    restricted = rows.all()
    alias = restricted.query.get_initial_alias()
    restricted.query.where.children.append(FeedNode(feed, alias))
    restricted._feed = feed
    return restricted
