"""Marking a recipient's notifications as seen or read, with exact counters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone

from stream.notifications.models import Inbox, Notification
from stream.notifications.query import lock, open_q


def mark_all(user: Any, using: str, *, read: bool) -> None:
    """Mark all as seen, or as read too: one UPDATE of one row, however many there are."""
    now, still = timezone.now(), Q(unseen__gt=0)
    values: dict[str, Any] = {}
    # In this order: MariaDB sets one column after the other, and reads what it has set.
    values["seen_up_to_at"] = Case(When(unseen=0, then=F("seen_up_to_at")), default=now)
    values |= {"unseen": 0, "seen_up_to": F("delivered")}
    if read:
        values |= {"unread": 0, "read_up_to": F("delivered"), "read_up_to_at": now}
        still |= Q(unread__gt=0)
    Inbox._base_manager.using(using).filter(still, pk=user.pk).update(**values)


def mark_some(user: Any, using: str, chosen: Q, *, read: bool) -> int:
    """Mark some as seen, or as read too; return how many were not. Up to five queries."""
    now = timezone.now()
    with transaction.atomic(using=using):
        own = Inbox._base_manager.using(using).filter(pk=user.pk)
        if not lock(own, using):
            return 0
        inbox = own.get()
        rows = Notification.objects.using(using).filter(chosen, recipient=user.pk).order_by()
        changed = {"unseen": 0, "unread": 0}
        if inbox.unseen:
            changed["unseen"] = rows.filter(open_q("seen", inbox.seen_up_to)).update(seen_at=now)
        if read and inbox.unread:
            changed["unread"] = rows.filter(open_q("read", inbox.read_up_to)).update(read_at=now)
        if any(changed.values()):
            own.update(**{name: F(name) - count for name, count in changed.items() if count})
        return changed["unread" if read else "unseen"]


def chosen_q(notifications: tuple[Any, ...], group: int | None, call: str) -> Q:
    """Build the condition for notifications, given as instances or keys, or of a group."""
    if bool(notifications) == (group is not None):
        for_all = "" if call == "delete" else f", or call {call}_all() for all"
        raise TypeError(f"{call}(): pass notifications or group=…{for_all}")
    if group is not None:
        return Q(group=group)
    for each in notifications:
        if isinstance(each, Iterable) and not isinstance(each, str | bytes):
            raise TypeError(f"{call}(a {type(each).__name__}): unpack it: {call}(*notifications)")
    return Q(pk__in=[notification_key(each, call) for each in notifications])


def notification_key(notification: Any, call: str) -> int:
    """Return the key of a notification, given as an instance or key."""
    if isinstance(notification, Notification):
        notification = notification.pk
    try:
        key: int = Notification._meta.pk.to_python(notification)
    except (ValidationError, TypeError):
        raise TypeError(f"{call}({notification!r:.80}): pass notifications or their keys") from None
    return key


def database_of(user: Any) -> str:
    """Return the database in which the notifications of a user are."""
    return router.db_for_write(Notification, instance=user)
