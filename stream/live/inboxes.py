"""Notifications as a source."""

from __future__ import annotations

from typing import Any

from stream.live.sources import NEW_COUNTED, Source
from stream.notifications import NotificationFeed


class NotificationSource(Source):
    """The number of unseen notifications, as a badge shows it, and how many are new."""

    name = "notifications"

    def begin(self, user: Any) -> tuple[Any, dict[str, int]]:
        feed = NotificationFeed(user)
        newest = self.newest(feed)  # first: of what comes meanwhile is told once more
        unseen = feed.count_unseen(NEW_COUNTED)
        return [newest, unseen], {"unseen": unseen, "new": 0}

    def news(self, user: Any, position: Any) -> tuple[Any, dict[str, int] | None]:
        key, told = position
        feed = NotificationFeed(user)
        newest, new = max(key, self.newest(feed)), 0
        if newest > key:  # of those, some may be hidden from the user
            new = feed.visible.order_by().filter(pk__gt=key)[:NEW_COUNTED].count()
        unseen = feed.count_unseen(NEW_COUNTED)
        if not new and unseen == told:
            return [newest, unseen], None
        return [newest, unseen], {"unseen": unseen, "new": new}

    @staticmethod
    def newest(feed: NotificationFeed) -> int:
        """Return the key of the newest notification. A recipient gets them in their order."""
        return next(iter(feed.in_order.values_list("pk", flat=True)[:1]), 0)
