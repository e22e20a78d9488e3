"""Deleting what is old."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from stream.notifications.models import Notification

CHUNK = 1000  # notifications of a transaction


def clear_notifications(
    days: float, *, read_only: bool = False, using: str = DEFAULT_DB_ALIAS
) -> int:
    """Delete notifications older than some days, of those read alone or of all; return how many.

    In the order of delivery and in chunks, each a transaction of its own, up to the first chunk
    that has none so old. Raises ValueError for what is no number from 0 on.
    """
    if not isinstance(days, int | float) or not days >= 0:
        raise ValueError(f"clear_notifications(days={days!r}): write a number from 0 on")
    cutoff = timezone.now() - dt.timedelta(days=days)
    rows: Any = Notification.objects.using(using).order_by("pk")
    count, last = 0, 0
    while chunk := list(rows.filter(pk__gt=last).values_list("pk", "datetime")[:CHUNK]):
        if all(when >= cutoff for _, when in chunk):
            break
        old = rows.filter(pk__gt=last, pk__lte=chunk[-1][0]).before(cutoff)
        chosen = old.read() if read_only else old
        count += chosen.delete()[1].get(Notification._meta.label, 0)
        last = chunk[-1][0]
    return count
