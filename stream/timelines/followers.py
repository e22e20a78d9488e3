"""Those who follow an object of an action, in the order of their follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.sql import Query

from stream.arc.internals import keep_until_registration
from stream.arc.pages import keyset_q
from stream.following import follow_model
from stream.plan.homefeed import HomeFeed, Reach

if TYPE_CHECKING:
    from stream.models import Action

Place = tuple[dt.datetime, Any]  # the time and key of a follow


@dataclass(frozen=True)
class Followers:
    """The follows of an object that bring its actions in a role; perhaps a range of them."""

    reach: Reach
    key: Any  # of the object
    after: Place | None = None
    until: Place | None = None

    @property
    def field(self) -> Any:
        return follow_model("stream.timelines").target.by_column(self.reach.followed)

    def follows(self, using: str) -> QuerySet[Any]:
        """Return the follows, the first of them first."""
        follow = follow_model("stream.timelines")
        rows = follow._base_manager.using(using).filter(Q((self.field.name, self.key)))
        if not self.reach.actor_only:
            rows = rows.filter(actor_only=False)
        if self.after:
            rows = rows.filter(keyset_q("gt", *self.after))
        if self.until:
            rows = rows.filter(keyset_q("lte", *self.until))
        return rows.order_by("datetime", "pk")

    def first(self, count: int, using: str) -> Self:
        """Return the first so many; where there are fewer, ``until`` is None. One query."""
        rows = self.follows(using).values_list("datetime", "pk")[count - 1 : count]
        return replace(self, until=next(iter(rows), None))

    def users(self, using: str) -> QuerySet[Any]:
        """Return the keys of the users; of those with several kinds of follows, several times."""
        return self.follows(using).order_by().values_list("user_id", flat=True)


def followers_of(action: Action) -> Iterator[Followers]:
    """Yield the followers of an action's objects, by role and column."""
    for reach, key in _followed_by(action, reaches_by_column(type(action))):
        yield Followers(reach, key)


def _followed_by(action: Action, by_column: dict[str, list[Reach]]) -> Iterator[tuple[Reach, Any]]:
    """Yield the objects of an action that can be followed, by how follows bring it."""
    for arc in action.arcs.values():
        if field := arc.filled_field(action):
            for reach in by_column.get(field.column, ()):
                yield reach, getattr(action, field.attname)


@keep_until_registration
def reaches_by_column(model: type[Action]) -> dict[str, list[Reach]]:
    """Return the reaches by the column of actions, in a stable order."""
    found: dict[str, list[Reach]] = {}
    for reach in HomeFeed(model, None).reaches():
        found.setdefault(reach.column, []).append(reach)
    return found


def all_reaches(model: type[Action]) -> list[Reach]:
    return [reach for some in reaches_by_column(model).values() for reach in some]


def of_feed(actions: Sequence[Action], user: Any, using: str) -> list[Action]:
    """Return those of some actions that a user's follows bring. One query, of an index."""
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
        if any((reach.followed, key, reach.actor_only) in followed for reach, key in its_parts)
    ]


def _followed(
    model: type[Action], user: Any, wanted: dict[str, set[Any]], using: str
) -> set[tuple[str, Any, bool]]:
    """Return which of the wanted objects a user follows: column, key, and whether as actors only.

    Who follows an object wherever it appears follows it as an actor, too.
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
