"""Timelines that are stored: what is read from them, and what by the join."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.db import DatabaseError, connections, router, transaction
from django.utils import timezone

from stream.arc.loading import load_objects
from stream.following import follow_model
from stream.paging import Page
from stream.paging.pages import Position, make_page
from stream.plan.homefeed import HomeFeed, narrow
from stream.plan.pages import Plan
from stream.plan.source import Timeline
from stream.streams import user_stream
from stream.timelines.conf import options
from stream.timelines.followers import of_feed
from stream.timelines.metrics import get_metrics, timed
from stream.timelines.models import Job, State
from stream.timelines.outbox import enqueue

if TYPE_CHECKING:
    import datetime as dt

    from stream.arc.models import ArcQuerySet
    from stream.models import Action
    from stream.timelines.followers import Followers

Pair = tuple["dt.datetime", Any]  # the time and key of an action
Marks = Sequence[tuple[str, str]]  # the columns and keys of joined objects

logger = logging.getLogger("stream.timelines")

TRIMS = 4  # while a timeline grows by as many rows as it keeps
PAGE = 500  # rows, when a timeline is built
MORE = 4  # times as many candidates, where too few were of the feed


class Candidates(NamedTuple):
    """Some of what a timeline holds beyond a position.

    ``last`` is the position of the last, None where nothing comes after it. ``is_all`` tells
    whether nothing is missing then, and ``marks`` what is joined.
    """

    rows: list[Action]
    last: Position | None
    is_all: bool
    marks: Marks


NOTHING = Candidates([], None, False, [])  # where only the join has what is beyond a position


class StoredTimeline(Timeline, ABC):
    """Reads what is stored, checked against the tables, and the rest by the join.

    A stored row is a candidate: it is shown if its action is there, is public and is of the feed
    by the follows as they are. So nothing is shown that is deleted, hidden or followed no more,
    and only what is missing matters: a timeline knows since when it is complete.
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
        labels: dict[str, str] = {"source": "stored"}
        stream = stream.all()  # a slice of one that was read would be a list
        with timed("read", labels):
            page: Page[Action] = make_page(
                partial(self._fetch, stream, labels), size, after, before
            )
        get_metrics().count("reads", 1, **labels)
        return page

    def _fetch(
        self,
        stream: ArcQuerySet[Any],
        labels: dict[str, str],
        position: Position | None,
        newer: bool,
        limit: int,
    ) -> Sequence[Action]:
        rows = self._stored_rows(stream, position, newer, limit)
        if rows is None:
            labels["source"] = "join"
            return stream.beyond(position, newer, limit)
        load_objects(rows, stream._objects_from, stream._known)
        return rows

    def _stored_rows(
        self, stream: ArcQuerySet[Any], position: Position | None, newer: bool, limit: int
    ) -> list[Action] | None:
        """Return the rows beyond a position, or None where only the join has all of them."""
        ordered = stream.order_by("datetime", "pk") if newer else stream
        plan = Plan.make(ordered[:limit])
        user: Any = plan.feed.user if plan and plan.feed else None
        if plan is None or plan.feed != HomeFeed(stream.model, user):
            return None
        if user is None:
            return None
        rows: list[Action] = []
        at, count = position, limit
        while True:
            found = self.read(plan, user.pk, at, count)
            if found is None:
                try:
                    self.begin(user.pk, router.db_for_write(stream.model, instance=user))
                except DatabaseError:  # it can only be read, for now or always
                    logger.exception("stream.timelines: none can be begun; the join serves")
                return None
            rows += of_feed(found.rows, user, stream.db)
            if len(rows) >= limit or found.last is None:
                break
            at, count = found.last, MORE * count
        if len(rows) < limit and not found.is_all:
            return None
        return self._with_joined(stream, plan, found.marks, rows[:limit], position)

    def _with_joined(
        self,
        stream: ArcQuerySet[Any],
        plan: Plan,
        marks: Marks,
        rows: list[Action],
        position: Position | None,
    ) -> list[Action]:
        """Return the rows of a page, of these and of what joined objects bring."""
        if not marks or plan.feed is None:
            return rows
        newer = not plan.newest_first
        joined = narrow(stream, plan.feed, keys_of(marks, stream.db))
        joined._objects_from = None
        found = {row.pk: row for row in joined.beyond(position, newer, plan.high)}
        found |= {row.pk: row for row in rows}
        ordered = sorted(found.values(), key=lambda row: (row.datetime, row.pk), reverse=not newer)
        return ordered[: plan.high]

    # What is stored. ``user`` is a key; ``using`` the database of the actions.

    @abstractmethod
    def read(
        self, plan: Plan, user: Any, position: Position | None, count: int
    ) -> Candidates | None:
        """Return so many of a timeline's actions, as the plan is ordered; None if it is not built.

        They are public and have the time that they are stored with.
        """

    @abstractmethod
    def add(self, action: Action, followers: Followers, using: str, is_new: bool = False) -> int:
        """Add an action to the timelines that its followers have; return to how many.

        ``is_new`` says that it is hardly on any of them yet.
        """

    @abstractmethod
    def add_newest(
        self, user: Any, pairs: Sequence[Pair], floor: dt.datetime | None, using: str
    ) -> int:
        """Add actions to a locked timeline, which is complete only since ``floor`` then."""

    @abstractmethod
    def clear(self, user: Any, using: str) -> None:
        """Take all out of a locked timeline, which is not read until it is finished."""

    @abstractmethod
    def purge(self, user: Any, using: str) -> None:
        """Take out of a locked timeline what is not of the user's feed."""

    @abstractmethod
    def trim(self, users: Iterable[Any], using: str) -> None:
        """Let timelines hold no more than they are to keep. In no transaction."""

    # What is the same for all of them. The rows of states are locks, and say who has a timeline.

    def begin(self, user: Any, using: str) -> None:
        """Add to a user's timeline from now on, and have it built; once for all who call."""
        with transaction.atomic(using=using):
            states = State.objects.using(using)
            _, is_new = states.get_or_create(pk=user, defaults={"store": self.store})
            others = states.filter(pk=user).exclude(store=self.store)
            if is_new or others.update(store=self.store, built_at=None, floor=None):
                enqueue(Job.Kind.BUILD, [{"user": user}], using)

    def lock(self, user: Any, using: str) -> bool:
        """Keep other jobs off a timeline until the transaction ends; False where there is none."""
        states = State.objects.using(using).select_for_update()
        return states.filter(pk=user, store=self.store).first() is not None

    def finish(self, user: Any, floor: dt.datetime | None, using: str) -> None:
        """Let a locked timeline be read: it is complete since ``floor``, None for all."""
        values = {"floor": floor, "built_at": timezone.now(), "is_stale": False}
        State.objects.using(using).filter(pk=user).update(**values)

    def reset(self, using: str) -> None:
        """Forget all timelines: each is built anew when it is read for the first time."""
        State.objects.using(using).all()._raw_delete(using)

    def build(self, user: Any, using: str) -> int:
        """Make a timeline anew, in a transaction; return the number of its rows.

        What is sent meanwhile is added besides, and follows that are made wait for the lock.
        """
        if not self.lock(user.pk, using):
            return 0
        self.clear(user.pk, using)  # before the feed is read: what is added from now on stays
        keep = options().keep
        pairs = newest_of_feed(user, keep + 1, using)
        self.add_newest(user.pk, pairs[:keep], None, using)
        self.finish(user.pk, pairs[keep][0] if len(pairs) > keep else None, using)
        return min(len(pairs), keep)

    def rebuild(self, user: Any, using: str) -> bool:
        """Make a timeline anew, whichever store it was in; False where there is none."""
        others = State.objects.using(using).filter(pk=user.pk).exclude(store=self.store)
        others.update(store=self.store, built_at=None)
        if not self.lock(user.pk, using):
            return False
        self.build(user, using)
        return True

    def is_to_trim(self, action: Action) -> bool:
        return action.pk % max(1, options().keep // TRIMS) == 0

    def trim_followers(self, followers: Followers, using: str) -> None:
        self.trim(followers.users(using).distinct(), using)


def newest_of_feed(user: Any, count: int, using: str) -> list[Pair]:
    """Return the newest rows of a home feed, read by its plan some hundred at once."""
    stream = user_stream(user).using(using)
    stream._objects_from = None
    pairs: list[Pair] = []
    reached: Position | None = None
    while len(pairs) < count:
        rows = stream.beyond(reached, False, min(PAGE, count - len(pairs)))
        pairs += [(row.datetime, row.pk) for row in rows]
        if (reached := rows.reached) is None:
            break
    return pairs


def keys_of(marks: Marks, using: str) -> dict[str, list[Any]]:
    """Return the keys of joined objects by column, as they go to the database."""
    fields = {field.column: field for field in follow_model("stream.timelines").target.fields}
    found: dict[str, list[Any]] = {}
    for column, text in marks:
        if field := fields.get(column):
            key: Any = field.target_field.to_python(text)
            found.setdefault(column, []).append(field.get_db_prep_value(key, connections[using]))
    return found
