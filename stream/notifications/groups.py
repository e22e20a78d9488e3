"""Groups of notifications: "ann, bob and 3 others liked photo"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value

from stream.groups.group import Group
from stream.models import Action
from stream.notifications.grouping import common_to
from stream.notifications.models import Notification
from stream.notifications.paging import KeyedPage, get_page

if TYPE_CHECKING:
    from stream.notifications.feed import NotificationFeed

ACTIONS = 5  # of each group, loaded
NOTIFICATIONS_COUNTED = 100  # of each group, the newest


class NotificationGroup(Group):
    """Notifications that are shown as one. Counts are of what the reader may see.

    Of a group of more than 100 notifications the newest 100 are counted, and ``is_exact`` is false.
    ``notifications`` are the newest of them, whose actions are in ``actions``. ``group`` is what
    ``mark_read(group=…)`` and its like take.
    """

    def __init__(
        self, notifications: Sequence[Notification], counts: dict[str, int], is_exact: bool
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
        self.pk = notifications[0].pk  # by which pages go
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
    """Return a page of the groups of a feed."""
    rows = feed.visible
    # The newest of each group: the index by key is walked until a page is full.
    newer = rows.order_by().filter(group=OuterRef("group"), pk__gt=OuterRef("pk"))
    newest = rows.filter(~Exists(newer)).annotate(
        not_shown=_after(rows, ACTIONS),
        not_counted=_after(feed.notifications, NOTIFICATIONS_COUNTED),
    )
    page = get_page(newest, size, after, before)
    page.rows = _load(feed, rows.order_by(), page.rows) if page.rows else []
    return page


def _after(rows: Any, number: int) -> Subquery:
    """Return the key of the newest of a group after so many; NULL where it has no more."""
    same = rows.filter(group=OuterRef("group")).order_by("-pk").values("pk")
    return Subquery(same[number : number + 1])


def _newer(rows: Any, newest: Sequence[Any], name: str) -> Any:
    """Return the notifications of these groups newer than a key, or all where it is None."""
    condition = Q()
    for row in newest:
        last = getattr(row, name)
        # With the recipient in each, SQLite looks each up in the index.
        each = Q(recipient=row.recipient_id, group=row.group)
        condition |= each if last is None else each & Q(pk__gt=last)
    return rows.filter(condition)


def _load(feed: NotificationFeed, rows: Any, newest: Sequence[Any]) -> list[Any]:
    shown = sorted(_newer(rows, newest, "not_shown"), key=lambda row: -row.pk)
    by_group: dict[int, list[Notification]] = {}
    for row in feed.load(shown):
        by_group.setdefault(row.group, []).append(row)
    actors: Any = Value(0)
    for name in Action.actor.columns:
        actors += Count(f"action__{name}", distinct=True)
    # By their keys, or SQLite walks all of the reader's notifications in the order of groups.
    keys = _newer(rows, newest, "not_counted").values("pk")
    counted: Any = Notification.objects.using(feed.using).filter(pk__in=keys)
    grouped = counted.values("group").annotate(
        actions=Count("pk"),
        not_read=Count("pk", filter=feed.inbox.not_read),
        not_seen=Count("pk", filter=feed.inbox.not_seen),
        actors=actors,
    )
    counts = {each.pop("group"): each for each in grouped}
    # A group may have gone since the page was found.
    return [
        NotificationGroup(by_group[row.group], counts[row.group], row.not_counted is None)
        for row in newest
        if row.group in by_group and row.group in counts
    ]
