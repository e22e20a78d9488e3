"""What a home feed holds. How a page of it is read fast is in ``stream.feed_plan``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
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
    follows: QuerySet[Any]


@dataclass(frozen=True)
class HomeFeed:
    """What a user's home feed holds; of None, nothing."""

    model: type[Action]
    user: Any
    with_user_activity: bool = False
    flag: str | None = None
    since_follow: bool = False

    def reaches(self) -> Iterator[Reach]:
        """Yield the pairs of columns that this feed joins. No query."""
        follow = follow_model("user_stream()")
        user = self.user.pk if self.user else None
        follows = follow._default_manager.filter(user=user).order_by()
        if self.flag is not None:
            follows = follows.filter(flag=self.flag)
        for arc in self.model.arcs.values():
            in_reach = follows if arc.name == "actor" else follows.filter(actor_only=False)
            pairs = set()
            for model in [*arc.models, *follow.target.models]:  # either may hold the other's child
                column, followed = arc.find_field(model), follow.target.find_field(model)
                if column and followed:
                    pairs.add((column.name, followed.name))
            for column_name, followed_name in sorted(pairs):
                is_set = Q((f"{followed_name}__isnull", False))
                yield Reach(column_name, followed_name, in_reach.filter(is_set))

    def own(self) -> Q | None:
        """Return the condition of the user's own actions, where the feed holds them."""
        if not self.with_user_activity or not self.user:
            return None
        return self.model.actor.q(self.user)

    def condition(self, reaches: list[Reach] | None = None) -> Q:
        """Return the plain definition: an OR of semi-joins."""
        held = self.own() or Q(pk__in=[])
        for reach in self.reaches() if reaches is None else reaches:
            if self.since_follow:
                same = {reach.followed: OuterRef(reach.column)}
                since = reach.follows.filter(datetime__lte=OuterRef("datetime"), **same)
                held |= Q(Exists(since))
            else:
                held |= Q((f"{reach.column}__in", reach.follows.values(reach.followed)))
        return held


class FeedNode(WhereNode):
    """The part of a query's WHERE that is the definition of a home feed."""


def restrict(rows: _Rows, feed: HomeFeed) -> _Rows:
    """Restrict rows to a feed; its definition is marked, so that a plan can take it out again."""
    restricted = rows.filter(feed.condition())
    parts = restricted.query.where.children
    node = parts[-1] if isinstance(parts[-1], WhereNode) else WhereNode([parts[-1]])
    node.__class__ = FeedNode
    parts[-1] = node
    restricted._feed = feed
    return restricted
