"""The home feed as a source, and who waits for which actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from stream.chunks import chunks
from stream.conf import home_includes_own
from stream.following import follow_model
from stream.live.sources import NEW_COUNTED, Source
from stream.models import Action
from stream.plan.homefeed import HomeFeed

KEYS_PER_STATEMENT = 500
FOLLOWERS_READ = 1000


class HomeSource(Source):
    """New rows of the home feed: those that its page would show above its first row."""

    name = "home"

    def begin(self, user: Any) -> tuple[Any, None]:
        newest = self.newer(user, None, 1)
        return (place_of(newest[0]) if newest else None), None

    def news(self, user: Any, position: Any) -> tuple[Any, dict[str, int] | None]:
        if position is None:
            rows = self.newer(user, None, NEW_COUNTED)[::-1]
        else:
            rows = self.newer(user, read_place(position), NEW_COUNTED)
        if not rows:
            return position, None
        return place_of(rows[-1]), {"new": len(rows)}

    def newer(self, user: Any, position: Any, most: int) -> list[Action]:
        feed: list[Action] = Action.objects.user_stream(user).newer_than(position, most)
        return feed


def place_of(row: Any) -> list[Any]:
    """Return where a row stands in a home feed, as JSON holds it."""
    return [row.datetime.isoformat(), row.pk]


def read_place(place: Any) -> tuple[dt.datetime, Any]:
    """Return the time and key of a row. Raises TypeError or ValueError."""
    when, pk = place
    return dt.datetime.fromisoformat(when), pk


def waiting(keys: Collection[str], users: Collection[str]) -> set[str]:
    """Return which users have one of these actions in their home feed, perhaps.

    So an action lets those ask who follow one of its objects, and nobody else. A query for the
    actions, and one for each pair of columns that they fill; where an object has more than a
    thousand followers, one besides for 500 users.
    """
    actions = list(Action._base_manager.filter(pk__in=keys, public=True))
    found: set[Any] = set()
    if home_includes_own() and (own := Action.actor.find_field(get_user_model())):
        found |= {getattr(action, own.attname) for action in actions}
    follows = follow_model("stream.live")._base_manager
    for reach in HomeFeed(Action, None).reaches():
        objects = {getattr(action, reach.field.attname) for action in actions} - {None}
        field = follow_model("stream.live").target.by_column(reach.followed).name
        for some in chunks(objects, KEYS_PER_STATEMENT):
            rows = follows.filter(**{f"{field}__in": some})
            if not reach.is_by_actor:
                rows = rows.filter(actor_only=False)
            found |= among(rows.values_list("user", flat=True), users)
    return set(map(str, found)) & set(users)


def among(followers: QuerySet[Any], users: Collection[str]) -> set[Any]:
    """Return some followers, among them all of these users: one query, or more if they are many."""
    first = followers[: FOLLOWERS_READ + 1]
    if len(first) <= FOLLOWERS_READ:
        return set(first)
    parts = (followers.filter(user__in=some) for some in chunks(users, KEYS_PER_STATEMENT))
    return {user for part in parts for user in part}
