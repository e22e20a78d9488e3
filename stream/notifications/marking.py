"""Marking a recipient's notifications as seen or read, and deleting them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connections, router, transaction
from django.db.models import Q
from django.db.models.constants import OnConflict
from django.utils import timezone

from stream.locking import by_index, keep, run
from stream.notifications.models import Inbox, Notification
from stream.notifications.query import NotificationQuerySet, insert


def mark_all(user: Any, using: str, *, read: bool) -> None:
    """Mark all that are there as seen, or as read: by a mark, however many there are.

    Each one for itself while somebody delivers to the user: then a notification with a lower key
    may be to come.
    """
    kind = "read" if read else "seen"
    inbox = Inbox._default_manager.using(using).filter(pk=user.pk).first() or Inbox(pk=user.pk)
    newest = _open(inbox, using, read=read).values_list("pk", flat=True).first()
    if newest is None:
        return
    if not is_quiet(user, using):
        mark_some(user, using, Q(), read=read)
        return

    if inbox._state.adding:
        run(partial(_add_inbox, user, using), using)
    lower = Inbox._default_manager.using(using).filter(pk=user.pk, **{f"{kind}_up_to__lt": newest})
    lower.update(**{f"{kind}_up_to": newest, f"{kind}_up_to_at": timezone.now()})


def is_quiet(user: Any, using: str, *, wait: bool = False) -> bool:
    """Tell whether nobody delivers to a user, or ``wait`` until all who do have ended.

    Who delivers keeps the user from deletion. So what comes later than this has a key above all
    keys that were there before it. The lock is tried, and given back.
    """
    connection = connections[using]
    if connection.vendor == "mysql" and connection.in_atomic_block:
        return False  # only the end of the transaction would give it back
    skip = not wait and connection.features.has_select_for_update_skip_locked
    with transaction.atomic(using=using):
        users: Any = get_user_model()._base_manager.using(using).filter(pk=user.pk)
        found = users.select_for_update(skip_locked=skip).values_list("pk").first()
        transaction.set_rollback(True, using=using)
    return found is not None


def mark_some(user: Any, using: str, chosen: Q, *, read: bool) -> int:
    """Mark some as seen, or as read; return how many were not.

    One caller after the other for each user, as rows that others change or delete at this moment
    are left out: who marks waits for nobody who deletes, and so in no circle.
    """
    features = connections[using].features
    no_key = features.has_select_for_no_key_update
    skip_locked = features.has_select_for_update_skip_locked
    values = {"read_at" if read else "seen_at": timezone.now()}
    own: Any = Inbox._default_manager.using(using).filter(pk=user.pk)

    def act() -> int:
        if not own.exists():
            _add_inbox(user, using)
        inbox = own.select_for_update(no_key=no_key).first()
        if inbox is None:
            return 0  # the user is deleted
        rows, count = _open(inbox, using, read=read).filter(chosen), 0
        for keys in rows.in_chunks(using):
            some = rows.of_keys(keys, using).order_by("pk").values_list("pk", flat=True)
            there = list(some.select_for_update(skip_locked=skip_locked, no_key=no_key))
            with by_index(using):
                count += rows.of_keys(there, using).update(**values)
        return count

    return run(act, using)


def _open(inbox: Inbox, using: str, *, read: bool) -> NotificationQuerySet[Notification]:
    condition = inbox.not_read if read else inbox.not_seen
    rows: NotificationQuerySet[Notification] = Notification.objects.using(using)
    return rows.filter(condition).newest_of(inbox.pk)


def _add_inbox(user: Any, using: str) -> None:
    """Add the inbox of a user who has none, unless the user is deleted just now."""
    if keep(get_user_model()._base_manager.filter(pk=user.pk), using):
        # Not IGNORE: MariaDB then shares the lock of an inbox that another has just added, and two
        # that share it cannot lock it. UPDATE changes nothing and has the lock alone.
        insert(Inbox, ["user"], [[user.pk]], using, OnConflict.UPDATE)


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
