"""Groups of notifications: "ann, bob and 3 others liked photo"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Value, Window
from django.db.models.functions import RowNumber

from stream.feeds.groups import Group
from stream.models import Action
from stream.notifications.grouping import common_to
from stream.notifications.models import Notification
from stream.notifications.paging import KeyedPage, get_page

if TYPE_CHECKING:
    from stream.notifications.feed import NotificationFeed

ACTIONS = 5  # of each group, loaded


class NotificationGroup(Group):
    """Notifications that are shown as one. Counts are of all that the reader may see.

    ``notifications`` are the newest of them, whose actions are in ``actions``. ``group`` is what
    ``mark_read(group=…)`` and its like take.
    """

    def __init__(self, notifications: Sequence[Notification], counts: dict[str, int]) -> None:
        actions = [each.action for each in notifications]
        super().__init__(
            actions,
            actor_count=counts["actors"],
            action_count=counts["actions"],
            key=notifications[0].group,
            common=common_to(actions[0]),
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
    page = get_page(rows.filter(~Exists(newer)), size, after, before)
    groups = [row.group for row in page]
    page.rows = _load(feed, rows.order_by().filter(group__in=groups), groups) if groups else []
    return page


def _load(feed: NotificationFeed, rows: Any, groups: list[int]) -> list[Any]:
    place = Window(RowNumber(), partition_by=[F("group")], order_by=F("pk").desc())
    newest = rows.annotate(place=place).filter(place__lte=ACTIONS).order_by("-pk")
    by_group: dict[int, list[Notification]] = {}
    for row in feed.load(list(newest)):
        by_group.setdefault(row.group, []).append(row)
    actors: Any = Value(0)
    for name in Action.actor.columns:
        actors += Count(f"action__{name}", distinct=True)
    counted = rows.values("group").annotate(
        actions=Count("pk"),
        not_read=Count("pk", filter=feed.inbox.not_read),
        not_seen=Count("pk", filter=feed.inbox.not_seen),
        actors=actors,
    )
    counts = {each.pop("group"): each for each in counted}
    # A group may have gone since the page was found.
    return [
        NotificationGroup(by_group[each], counts[each])
        for each in groups
        if each in by_group and each in counts
    ]
