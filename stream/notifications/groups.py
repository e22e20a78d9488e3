"""Groups of notifications: "ann, bob and 3 others liked photo"."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from django.db import connections
from django.db.models import Count, F, Max, Min, Q, Value

from stream.groups.group import Group
from stream.models import Action
from stream.notifications.grouping import common_to
from stream.notifications.inbox import Inbox
from stream.notifications.models import Notification
from stream.notifications.query import InKeys, NotificationQuerySet
from stream.paging.keyed import KeyedPage
from stream.paging.pages import Beyond

ACTIONS_LOADED = 5  # of each group
NOTIFICATIONS_COUNTED = 100  # of each group, the newest
GROUPS_PER_STATEMENT = 400  # SQLite unites no more than 500 SELECTs
ROWS_OF_A_GROUP = 4, 40, 1000  # read for each group of a page, one after the other until it is full


class Readable(Protocol):
    """A ``NotificationFeed``, whose module imports this one."""

    using: str

    @property
    def inbox(self) -> Inbox: ...

    @property
    def notifications(self) -> NotificationQuerySet[Notification]: ...

    @property
    def in_order(self) -> NotificationQuerySet[Notification]: ...

    @property
    def visible(self) -> NotificationQuerySet[Notification]: ...

    def load(self, rows: list[Notification]) -> list[Notification]: ...


class NotificationGroup(Group):
    """Notifications that are shown as one. Only what the reader may see is counted.

    If a group has more than 100 notifications, the newest 100 are counted and ``is_exact`` is
    false. ``notifications`` are the newest of them, whose actions are in ``actions``. ``group`` is
    the argument of ``mark_read(group=…)`` and its like.
    """

    def __init__(
        self, notifications: Sequence[Notification], counts: dict[str, Any], is_exact: bool
    ) -> None:
        actions = [each.action for each in notifications]
        super().__init__(
            actions,
            actor_count=counts["actors"],
            action_count=counts["actions"],
            key=notifications[0].group,
            common=common_to(actions[0]),
            is_exact=is_exact,
        )
        self.notifications = list(notifications)
        self.group = notifications[0].group
        self.pk = notifications[0].pk
        self.unread_count, self.unseen_count = counts["not_read"], counts["not_seen"]

    @property
    def is_read(self) -> bool:
        return not self.unread_count

    @property
    def is_seen(self) -> bool:
        return not self.unseen_count

    @property
    def reason(self) -> str:
        """Why the newest came; "" where the site does not say."""
        return self.notifications[0].reason

    @property
    def kind(self) -> str:
        """The kind of the newest."""
        return str(self.notifications[0].kind)

    @property
    def is_archived(self) -> bool:
        return self.notifications[0].is_archived

    @property
    def level_name(self) -> str:
        """The level of the newest, in lower case."""
        return self.notifications[0].level_name

    @property
    def datetime(self) -> dt.datetime:
        """When the newest was delivered."""
        return self.notifications[0].datetime


def read_groups(
    feed: Readable, size: int, after: str | None, before: str | None
) -> KeyedPage[NotificationGroup]:
    """Return a page of the groups of a feed, in the order of their newest notifications."""
    page: KeyedPage[Any] = KeyedPage.make(partial(_find, feed), size, after, before)
    page.rows = _load(feed, [row.group for row in page]) if page.rows else []
    return page


class Found(NamedTuple):
    """A group, and the key of the newest of its notifications that the reader may see."""

    group: int
    pk: int


def _find(feed: Readable, pk: int | None, newer: bool, limit: int) -> Beyond:
    """Return the groups that begin beyond a key.

    They may be fewer than there are, where the nearest notifications are of few groups.
    """
    side = {} if pk is None else {"pk__gt" if newer else "pk__lt": pk}
    order = ["recipient_id", "pk"] if newer else ["-recipient_id", "-pk"]
    walk = feed.in_order.filter(**side).order_by(*order).values_list("pk", flat=True)
    for each in ROWS_OF_A_GROUP:
        last = list(walk[each * limit - 1 : each * limit])
        near = feed.notifications.filter(**side).order_by()
        if last:
            near = near.filter(**{"pk__lte" if newer else "pk__gte": last[0]})
        spans = near.values_list("group").annotate(oldest=Min("pk"), newest=Max("pk"))
        found = _begin(feed, list(spans), newer, limit)
        if len(found) == limit or not last:
            break
    return Beyond(found, None, (None, last[0]) if last else None)


def _begin(
    feed: Readable, spans: list[tuple[int, int, int]], newer: bool, limit: int
) -> list[Found]:
    """Return the groups whose newest visible key is within their span, in order.

    A span is a group with the oldest and newest of its keys that were read.
    """
    found: list[Found] = []
    spans.sort(key=lambda span: span[1] if newer else -span[2])
    while spans:
        if len(found) >= limit:  # the others begin beyond the last of these
            last = found[limit - 1].pk
            if spans[0][1] > last if newer else spans[0][2] < last:
                break
        number = GROUPS_PER_STATEMENT if found else limit
        some, spans = spans[:number], spans[number:]
        firsts = _newest_of(feed.visible, feed.using, [span[0] for span in some], 1)
        found += [
            Found(group, key)
            for group, oldest, newest in some
            for key in firsts[group]
            if oldest <= key <= newest
        ]
        found.sort(key=lambda each: each.pk, reverse=not newer)
    return found[:limit]


def _load(feed: Readable, groups: Sequence[int]) -> list[NotificationGroup]:
    keys = _newest_of(feed.notifications, feed.using, groups, NOTIFICATIONS_COUNTED + 1)
    counts = _count(feed, keys)
    shown = _show(feed, [key for group in groups for key in keys[group][:ACTIONS_LOADED]])
    # The newest are hidden, or a group is gone since it was found.
    hidden = [group for group in groups if len(shown[group]) < ACTIONS_LOADED < len(keys[group])]
    shown |= _show(feed, [key for group in hidden for key in keys[group]]) if hidden else {}
    return [
        NotificationGroup(
            shown[group][:ACTIONS_LOADED], counts[group], len(keys[group]) <= NOTIFICATIONS_COUNTED
        )
        for group in groups
        if shown[group] and group in counts
    ]


def _newest_of(
    notifications: NotificationQuerySet[Notification],
    using: str,
    groups: Sequence[int],
    number: int,
) -> dict[int, list[int]]:
    """Return the keys of the newest notifications of each group, newest first: one query.

    Each group is a SELECT, for planners would take the groups for larger than they are and not use
    the index.
    """
    some = notifications.filter(group=-1).values_list("group", "pk")[:number]
    sql, params = some.query.get_compiler(using).as_sql()
    every = " UNION ALL ".join(f"SELECT * FROM ({sql}) g{n}" for n in range(len(groups)))
    values = [group if each == -1 else each for group in groups for each in params]
    keys: dict[int, list[int]] = {group: [] for group in groups}
    with connections[using].cursor() as cursor:
        cursor.execute(every, values)
        for group, key in cursor.fetchall():
            keys[group].append(key)
    return {group: sorted(found, reverse=True) for group, found in keys.items()}


def _show(feed: Readable, keys: Sequence[int]) -> dict[int, list[Notification]]:
    """Return the notifications with these keys that the reader may see, by group."""
    notifications = feed.notifications.filter(InKeys(F("pk"), keys))
    shown = defaultdict[int, list[Notification]](list)
    for notification in feed.load(list(notifications)):
        shown[notification.group].append(notification)
    return shown


def _count(feed: Readable, keys: dict[int, list[int]]) -> dict[int, dict[str, Any]]:
    actors: Any = Value(0)
    for name in Action.actor.columns:
        actors += Count(f"action__{name}", distinct=True)
    newest = [key for found in keys.values() for key in found[:NOTIFICATIONS_COUNTED]]
    visible = feed.visible.filter(InKeys(F("pk"), newest)).order_by()
    counted = visible.values("group").annotate(
        actions=Count("pk"),
        not_read=Count("pk", filter=Q(**feed.inbox.not_read)),
        not_seen=Count("pk", filter=Q(**feed.inbox.not_seen)),
        actors=actors,
    )
    return {each["group"]: dict(each) for each in counted}
