"""Groups of notifications: "ann, bob and 3 others liked photo"."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections
from django.db.models import Count, F, Max, Min, OuterRef, Subquery, Value

from stream.groups.group import Group
from stream.models import Action
from stream.notifications.grouping import common_to
from stream.notifications.models import Notification
from stream.notifications.paging import KeyedPage
from stream.notifications.query import InKeys
from stream.paging import Beyond, make_page

if TYPE_CHECKING:
    from stream.notifications.feed import NotificationFeed

ACTIONS = 5  # of each group, loaded
NOTIFICATIONS_COUNTED = 100  # of each group, the newest
ROWS_OF_A_GROUP = 4, 40, 1000  # looked at for each group of a page, until it is full


class NotificationGroup(Group):
    """Notifications that are shown as one. Counts are of what the reader may see.

    Of a group of more than 100 notifications the newest 100 are counted, and ``is_exact`` is false.
    ``notifications`` are the newest of them, whose actions are in ``actions``. ``group`` is what
    ``mark_read(group=…)`` and its like take.
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
    def datetime(self) -> dt.datetime:
        """When the newest was delivered."""
        return self.notifications[0].datetime


def read_groups(
    feed: NotificationFeed, size: int, after: str | None, before: str | None
) -> KeyedPage[NotificationGroup]:
    """Return a page of the groups of a feed, in the order of their newest notifications."""
    page: KeyedPage[Any] = make_page(partial(_find, feed), size, after, before, KeyedPage)
    page.rows = _load(feed, [row.group for row in page]) if page.rows else []
    return page


class Found(NamedTuple):
    """A group, and the key of the newest of its notifications that the reader may see."""

    group: int
    pk: int


def _find(feed: NotificationFeed, pk: int | None, newer: bool, limit: int) -> Beyond:
    """Return the groups that begin beyond a key.

    They may be fewer than there are, where the nearest notifications are of few groups.
    """
    rows, order = feed.in_order, "first" if newer else "-first"
    beyond = rows if pk is None else rows.filter(**{"pk__gt" if newer else "pk__lt": pk})
    beyond = beyond.order_by("recipient_id", "pk") if newer else beyond
    first = Subquery(feed.visible.filter(group=OuterRef("group")).values("pk")[:1])
    for each in ROWS_OF_A_GROUP:
        at = each * limit - 1
        last = list(beyond.values_list("pk", flat=True)[at : at + 1])
        near = beyond.filter(**{"pk__lte" if newer else "pk__gte": last[0]}) if last else beyond
        groups = near.order_by().values("group").annotate(oldest=Min("pk"), newest=Max("pk"))
        begun = groups.filter(oldest__lte=first, newest__gte=first).annotate(first=first)
        ordered = begun.order_by(order)
        found = [Found(*each) for each in ordered.values_list("group", "first")[:limit]]
        if len(found) == limit or not last:
            break
    return Beyond(found, None, (None, last[0]) if last else None)


def _load(feed: NotificationFeed, groups: Sequence[int]) -> list[NotificationGroup]:
    keys = _newest_of(feed, groups)
    counts = _count(feed, keys)
    shown = _show(feed, [key for group in groups for key in keys[group][:ACTIONS]])
    # Where the newest are private, or a group has gone since it was found.
    hidden = [group for group in groups if len(shown[group]) < ACTIONS < len(keys[group])]
    shown |= _show(feed, [key for group in hidden for key in keys[group]]) if hidden else {}
    return [
        NotificationGroup(
            shown[group][:ACTIONS], counts[group], len(keys[group]) <= NOTIFICATIONS_COUNTED
        )
        for group in groups
        if shown[group] and group in counts
    ]


def _newest_of(feed: NotificationFeed, groups: Sequence[int]) -> dict[int, list[int]]:
    """Return the keys of the newest notifications of each group, newest first: one query.

    Each group by the index, where planners would take the groups for larger than they are.
    """
    some = feed.notifications.filter(group=-1).values_list("group", "pk")[
        : NOTIFICATIONS_COUNTED + 1
    ]
    sql, params = some.query.get_compiler(feed.using).as_sql()
    every = " UNION ALL ".join(f"SELECT * FROM ({sql}) g{n}" for n in range(len(groups)))  # noqa: S608
    values = [group if each == -1 else each for group in groups for each in params]
    keys: dict[int, list[int]] = {group: [] for group in groups}
    with connections[feed.using].cursor() as cursor:
        cursor.execute(every, values)
        for group, key in cursor.fetchall():
            keys[group].append(key)
    return {group: sorted(found, reverse=True) for group, found in keys.items()}


def _show(feed: NotificationFeed, keys: Sequence[int]) -> dict[int, list[Notification]]:
    """Return the notifications with these keys that the reader may see, by group."""
    rows = feed.notifications.filter(InKeys(F("pk"), keys))
    shown = defaultdict[int, list[Notification]](list)
    for row in feed.load(list(rows)):
        shown[row.group].append(row)
    return shown


def _count(feed: NotificationFeed, keys: dict[int, list[int]]) -> dict[int, dict[str, Any]]:
    actors: Any = Value(0)
    for name in Action.actor.columns:
        actors += Count(f"action__{name}", distinct=True)
    newest = [key for found in keys.values() for key in found[:NOTIFICATIONS_COUNTED]]
    rows = feed.visible.filter(InKeys(F("pk"), newest)).order_by()
    counted = rows.values("group").annotate(
        actions=Count("pk"),
        not_read=Count("pk", filter=feed.inbox.not_read),
        not_seen=Count("pk", filter=feed.inbox.not_seen),
        actors=actors,
    )
    return {each["group"]: dict(each) for each in counted}
