"""Timelines that are stored: what is read from them, and what is read by the join."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.db import DatabaseError, connections, router, transaction
from django.utils import timezone

from stream.arc.loading import load_objects
from stream.following import follow_model
from stream.metrics import get_metrics
from stream.models import Action
from stream.paging import Page
from stream.paging.pages import Position
from stream.plan.homefeed import HomeFeed, narrow, restrict
from stream.plan.pages import Plan
from stream.plan.timeline import Timeline
from stream.timelines.conf import options
from stream.timelines.followers import of_feed
from stream.timelines.models import Job, State
from stream.timelines.outbox import enqueue

if TYPE_CHECKING:
    import datetime as dt

    from stream.arc.models import ArcQuerySet
    from stream.timelines.followers import Followers

Pair = tuple["dt.datetime", Any]  # the time and key of an action
Marks = Sequence[tuple[str, str]]  # the columns and keys of joined objects

logger = logging.getLogger("stream.timelines")

TRIMS_PER_KEEP = 4  # while a timeline grows by as many rows as it keeps
ROWS_PER_QUERY = 500  # when a timeline is built
CANDIDATES_FACTOR = 4  # so many times as many when too few were in the feed


class Candidates(NamedTuple):
    """Some of the actions that a timeline holds beyond a position.

    ``last`` is the position of the last of them, None if the timeline holds no more. ``is_all``
    tells whether the feed has no more either, and ``marks`` which objects are joined.
    """

    actions: list[Action]
    last: Position | None
    is_all: bool
    marks: Marks


NOTHING = Candidates([], None, False, [])  # only the join has what is beyond a position


class StoredTimeline(Timeline, ABC):
    """Reads what is stored, checked against the tables, and the rest by the join.

    A stored row is a candidate. It is shown if its action exists, is public and is in the feed by
    the follows as they are now. So nothing is shown that is deleted, hidden or not followed any
    more, and only what is missing matters: a timeline knows since when it is complete.
    """

    is_stored: ClassVar[bool] = True
    store: ClassVar[str]  # its name in ``State.store``, of at most 20 characters

    def page(
        self,
        stream: ArcQuerySet[Any],
        size: int = 25,
        after: str | None = None,
        before: str | None = None,
    ) -> Page[Any]:
        stream = stream.all()  # a slice of one that was read would be a list
        begin, source = perf_counter(), "stored"

        def fetch(position: Position | None, newer: bool, limit: int) -> Sequence[Action]:
            nonlocal source
            actions = self._stored_actions(stream, position, newer, limit)
            if actions is None:
                source = "join"
                return stream.beyond(position, newer, limit)
            load_objects(actions, stream._objects_from, stream._known, stream._roles)
            return actions

        page: Page[Action] = Page.make(fetch, size, after, before)
        metrics = get_metrics()
        metrics.time("read", perf_counter() - begin, source=source)
        metrics.count("reads", 1, source=source)
        return page

    def _stored_actions(
        self, stream: ArcQuerySet[Any], position: Position | None, newer: bool, limit: int
    ) -> list[Action] | None:
        """Return the actions beyond a position, or None if only the join has all of them."""
        ordered = stream.order_by("datetime", "pk") if newer else stream
        plan = Plan.make(ordered[:limit])
        feed = plan.feed if plan else None
        if plan is None or feed is None or feed.user is None:
            return None
        user = feed.user
        if replace(feed, with_user_activity=False) != HomeFeed(stream.model, user):
            return None  # with options, which no timeline has
        actions: list[Action] = []
        at, count = position, limit
        while True:
            candidates = self.read(plan, user.pk, at, count)
            if candidates is None:
                try:
                    self.begin(user.pk, router.db_for_write(stream.model, instance=user))
                except DatabaseError:  # the database is read-only, for now or always
                    logger.exception("stream.timelines: none can be begun; the join serves")
                return None
            actions += of_feed(candidates.actions, user, stream.db)
            if len(actions) >= limit or candidates.last is None:
                break
            at, count = candidates.last, CANDIDATES_FACTOR * count
        if len(actions) < limit and not candidates.is_all:
            return None
        if not candidates.marks and not feed.with_user_activity:
            return actions[:limit]
        # What the user does is one range more: it is joined, too, and stored on no timeline.
        joined = narrow(stream, feed, keys_of(candidates.marks, stream.db))
        joined._objects_from = None
        found = joined.beyond(position, newer, limit)
        if len(found) < limit and found.reached is not None:
            return None  # conditions have left out very many: the join ends its page there
        by_key = {action.pk: action for action in found}
        by_key |= {action.pk: action for action in actions[:limit]}
        return sorted(by_key.values(), key=position_of, reverse=not newer)[:limit]

    # Each store has its own. ``user`` is a key, ``using`` the database of the actions.

    @abstractmethod
    def read(
        self, plan: Plan, user: Any, position: Position | None, count: int
    ) -> Candidates | None:
        """Return ``count`` actions of a timeline in the plan's order, or None if it is not built.

        They are public and have the time that they are stored with.
        """

    @abstractmethod
    def add(self, action: Action, followers: Followers, using: str, is_new: bool = False) -> int:
        """Add an action to the timelines of its followers; return to how many.

        ``is_new`` says that hardly any of them holds it yet.
        """

    @abstractmethod
    def add_newest(
        self, user: Any, pairs: Sequence[Pair], floor: dt.datetime | None, using: str
    ) -> int:
        """Add actions to a locked timeline, which is then complete only since ``floor``."""

    @abstractmethod
    def clear(self, user: Any, using: str) -> None:
        """Empty a locked timeline, which is not read until ``finish()``."""

    @abstractmethod
    def purge(self, user: Any, using: str) -> None:
        """Take actions out of a locked timeline that are not in the user's feed."""

    @abstractmethod
    def trim(self, users: Iterable[Any], using: str) -> None:
        """Cut timelines to the ``keep`` of the options. Called outside transactions."""

    # The same for all stores. The rows of ``State`` are locks, and say who has a timeline.

    def begin(self, user: Any, using: str) -> None:
        """Add to a user's timeline from now on, and have it built. May be called many times."""
        with transaction.atomic(using=using):
            states = State.objects.using(using)
            _, is_new = states.get_or_create(pk=user, defaults={"store": self.store})
            others = states.filter(pk=user).exclude(store=self.store)
            if is_new or others.update(store=self.store, built_at=None, floor=None):
                enqueue(Job.Kind.BUILD, [{"user": user}], using)

    def lock(self, user: Any, using: str) -> bool:
        """Keep other jobs off a timeline until the transaction ends; tell whether there is one."""
        states = State.objects.using(using).select_for_update()
        return states.filter(pk=user, store=self.store).first() is not None

    def finish(self, user: Any, floor: dt.datetime | None, using: str) -> None:
        """Let a locked timeline be read. It is complete since ``floor``, or wholly for None."""
        values = {"floor": floor, "built_at": timezone.now(), "is_stale": False}
        State.objects.using(using).filter(pk=user).update(**values)

    def reset(self, using: str) -> None:
        """Forget all timelines: each is built when it is read for the first time."""
        State.objects.using(using).all()._raw_delete(using)

    def build(self, user: Any, using: str) -> int:
        """Build a timeline, in a transaction; return the number of its rows.

        Jobs for actions that are sent meanwhile add to it; those for new follows wait for the lock.
        """
        if not self.lock(user.pk, using):
            return 0
        self.clear(
            user.pk, using
        )  # before the feed is read: actions that are added from now on stay
        keep = options().keep
        pairs = newest_of_feed(user, keep + 1, using)
        self.add_newest(user.pk, pairs[:keep], None, using)
        self.finish(user.pk, pairs[keep][0] if len(pairs) > keep else None, using)
        return min(len(pairs), keep)

    def rebuild(self, user: Any, using: str) -> bool:
        """Build a timeline, whichever store it was in; return False if there is none."""
        others = State.objects.using(using).filter(pk=user.pk).exclude(store=self.store)
        others.update(store=self.store, built_at=None)
        if not self.lock(user.pk, using):
            return False
        self.build(user, using)
        return True

    def is_to_trim(self, action: Action) -> bool:
        return action.pk % max(1, options().keep // TRIMS_PER_KEEP) == 0


def position_of(action: Action) -> Position:
    return action.datetime, action.pk


def newest_of_feed(user: Any, count: int, using: str) -> list[Pair]:
    """Return the newest ``count`` actions of a home feed, read by its plan in several queries.

    Also those of objects that are hidden from the user, who may be allowed to see them later.
    """
    stream = restrict(Action.objects.using(using).public(), HomeFeed(Action, user))
    pairs: list[Pair] = []
    reached: Position | None = None
    while len(pairs) < count:
        actions = stream.beyond(reached, False, min(ROWS_PER_QUERY, count - len(pairs)))
        pairs += map(position_of, actions)
        if (reached := actions.reached) is None:
            break
    return pairs


def keys_of(marks: Marks, using: str) -> dict[str, list[Any]]:
    """Return the keys of joined objects by column, as they go to the database."""
    fields = {field.column: field for field in follow_model("stream.timelines").target.fields}
    keys: dict[str, list[Any]] = {}
    for column, text in marks:
        if field := fields.get(column):
            key: Any = field.target_field.to_python(text)
            keys.setdefault(column, []).append(field.get_db_prep_value(key, connections[using]))
    return keys
