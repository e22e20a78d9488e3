"""Those who follow an object of an action, in the order of their follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql import Query

from stream.arc.internals import keep_until_registration
from stream.arc.pages import keyset_q
from stream.following import follow_model
from stream.paging.pages import Position
from stream.plan.homefeed import HomeFeed, Reach

if TYPE_CHECKING:
    from stream.models import Action


@dataclass(frozen=True)
class Followers:
    """The follows of an object that bring its actions in a role; perhaps a range of them."""

    reach: Reach
    key: Any  # of the object
    after: Position | None = None
    until: Position | None = None

    def follows(self, using: str) -> QuerySet[Any]:
        """Return the follows, oldest first."""
        follows = follows_of(self.reach.followed, self.key, using)
        if not self.reach.is_by_actor:
            follows = follows.filter(actor_only=False)
        if self.after:
            follows = follows.filter(keyset_q("gt", *self.after))
        if self.until:
            follows = follows.filter(keyset_q("lte", *self.until))
        return follows.order_by("datetime", "pk")

    def first(self, count: int, using: str) -> Self:
        """Return the first ``count`` of them. ``until`` is None if there are fewer. One query."""
        last = self.follows(using).values_list("datetime", "pk")[count - 1 : count]
        return replace(self, until=next(iter(last), None))

    def users(self, using: str) -> QuerySet[Any]:
        """Return the keys of the users, once for each kind in which a user follows the object."""
        return self.follows(using).order_by().values_list("user_id", flat=True)


def follows_of(followed: str, key: Any, using: str) -> QuerySet[Any]:
    """Return the follows of an object: a column of follows, and the key in it."""
    follow = follow_model("stream.timelines")
    field = follow.target.by_column(followed)
    return follow._base_manager.using(using).filter(**{field.name: key})


def followers_of(action: Action) -> Iterator[Followers]:
    """Yield the followers of an action's objects, by role and column."""
    for reach, key in _followed_by(action, reaches_by_column(type(action))):
        yield Followers(reach, key)


def _followed_by(action: Action, by_column: dict[str, list[Reach]]) -> Iterator[tuple[Reach, Any]]:
    """Yield the ways in which follows bring an action, each with the key that is followed."""
    for arc in action.arcs.values():
        if field := arc.filled_field(action):
            for reach in by_column.get(field.column, ()):
                yield reach, getattr(action, field.attname)


@keep_until_registration
def reaches_by_column(model: type[Action]) -> dict[str, list[Reach]]:
    """Return the reaches by their column of actions, in a stable order."""
    by_column: dict[str, list[Reach]] = {}
    for reach in HomeFeed(model, None).reaches():
        by_column.setdefault(reach.column, []).append(reach)
    return by_column


def of_feed(actions: Sequence[Action], user: Any, using: str) -> list[Action]:
    """Return the actions that a user's follows bring. One query, by an index."""
    if not actions:
        return []
    by_column = reaches_by_column(type(actions[0]))
    parts = [list(_followed_by(each, by_column)) for each in actions]
    wanted: dict[str, set[Any]] = {}
    for reach, key in chain.from_iterable(parts):
        wanted.setdefault(reach.followed, set()).add(key)
    if not wanted:
        return []
    followed = _followed(type(actions[0]), user, wanted, using)
    return [
        action
        for action, its_parts in zip(actions, parts, strict=True)
        if any((reach.followed, key, reach.is_by_actor) in followed for reach, key in its_parts)
    ]


def _followed(
    model: type[Action], user: Any, wanted: dict[str, set[Any]], using: str
) -> set[tuple[str, Any, bool]]:
    """Return which of these objects a user follows: column, key, and whether as actors only.

    A user who follows an object wherever it appears follows it as an actor, too.
    """
    follow, connection = follow_model("stream.timelines"), connections[using]
    fields = [field for field in follow.target.fields if field.column in wanted]
    only = tuple(
        (
            field.column,
            tuple(field.get_db_prep_value(key, connection) for key in wanted[field.column]),
        )
        for field in fields
    )
    names = ", ".join(connection.ops.quote_name(each.column) for each in fields)
    follows, params = HomeFeed(model, user, only=only).follows(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT actor_only, {names} {follows}", params)
        rows = cursor.fetchall()
    compiler = Query(follow).get_compiler(using)
    table = follow._meta.db_table
    converters = compiler.get_converters([None, *(each.get_col(table) for each in fields)])
    followed = set()
    for actor_only, *keys in compiler.apply_converters(rows, converters):
        for field, key in zip(fields, keys, strict=True):
            if key is not None:
                followed |= {(field.column, key, True), (field.column, key, bool(actor_only))}
    return followed
