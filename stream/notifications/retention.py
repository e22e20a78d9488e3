"""Deleting old notifications."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from stream.notifications.models import Delivery, Notification

NOTIFICATIONS_PER_TRANSACTION = 1000
STATES = "read", "archived"


def clear_notifications(days: float, *, only: str = "", using: str = DEFAULT_DB_ALIAS) -> int:
    """Delete notifications older than some days, all or ``only`` "read" or "archived" ones.

    Return how many. In the order of delivery and in chunks, each its own transaction, up to the
    first chunk without one so old. Raises ValueError for what is not a number from 0 on, or no
    state. The log of deliveries that ended longer ago goes, too.
    """
    if only not in ("", *STATES):
        raise ValueError(f"clear_notifications(only={only!r:.80}): write 'read' or 'archived'")
    if not isinstance(days, int | float) or not days >= 0:
        raise ValueError(f"clear_notifications(days={days!r}): write a number from 0 on")
    cutoff = timezone.now() - dt.timedelta(days=days)
    notifications: Any = Notification.objects.using(using).order_by("pk")
    # The log of what was sent by channels.
    Delivery._default_manager.using(using).filter(ended_at__lt=cutoff).delete()
    count, last = 0, 0
    while True:
        rest = notifications.filter(pk__gt=last)
        chunk = list(rest.values_list("pk", "datetime")[:NOTIFICATIONS_PER_TRANSACTION])
        if all(when >= cutoff for _, when in chunk):
            return count
        last = chunk[-1][0]
        old = rest.filter(pk__lte=last).before(cutoff)
        chosen = getattr(old, only)() if only else old
        count += chosen.delete()[1].get(Notification._meta.label, 0)
