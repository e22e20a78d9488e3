"""Marking notifications as seen, read, unread or archived, and which of them are meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.db.models import Q, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.functions import Coalesce
from django.utils import timezone

from stream.chunks import key_chunks
from stream.locking import by_index, keep, run
from stream.notifications.inbox import Inbox, inbox_of
from stream.notifications.query import (
    KEYS_PER_STATEMENT,
    NotificationQuerySet,
    insert,
)

_Notification = TypeVar("_Notification", bound=models.Model)  # whose module imports this one

#: Changes notifications of one recipient, whose inbox is locked; returns how many.
Change = Callable[[NotificationQuerySet[Any], Inbox], int]


class MarkableQuerySet(NotificationQuerySet[_Notification]):
    """Notifications of any recipients, to be marked by what a filter finds.

    Each method returns how many it has changed. Each recipient is a transaction, unless the caller
    has one. Calls for the same recipient wait for each other. Rows that others change or delete at
    this moment are left out: marking does not wait for deletions, and so never in a circle. To mark
    as unread alone waits for them.
    """

    def mark_seen(self) -> int:
        """Mark these as seen."""
        return self._change(mark_seen)

    def mark_read(self) -> int:
        """Mark these as read, and so as seen."""
        return self._change(mark_read)

    def mark_unread(self) -> int:
        """Mark these as unread; they stay seen, and come out of the archive."""
        return self._change(mark_unread)

    def archive(self) -> int:
        """Put these away, as read."""
        return self._change(archive)

    def restore(self) -> int:
        """Take these out of the archive; they stay read."""
        return self._change(restore)

    def _change(self, change: Change) -> int:
        self._for_write = True
        chosen = self.using(self.db)
        recipients = chosen.order_by().values_list("recipient", flat=True).distinct()
        return sum([change_of(chosen, pk, change) for pk in recipients])


def change_of(chosen: NotificationQuerySet[Any], recipient: Any, change: Change) -> int:
    """Change those of some notifications that are of one recipient; return how many."""
    using = chosen.db
    own = chosen.filter(recipient=recipient)
    inboxes: Any = Inbox._default_manager.using(using).filter(pk=recipient)
    no_key = connections[using].features.has_select_for_no_key_update

    def act() -> int:
        if not inboxes.exists():
            _add_inbox(recipient, using)
        inbox = inboxes.select_for_update(no_key=no_key).first()
        return change(own, inbox) if inbox else 0  # without: the user is deleted

    return run(act, using)


def mark_seen(own: NotificationQuerySet[Any], inbox: Inbox) -> int:
    return _update(own.filter(**inbox.not_seen), seen_at=timezone.now())


def mark_read(own: NotificationQuerySet[Any], inbox: Inbox) -> int:
    return _update(own.filter(**inbox.not_read), read_at=timezone.now())


def mark_unread(own: NotificationQuerySet[Any], inbox: Inbox) -> int:
    """Mark as unread. What lies above the first of them is no longer read by the inbox's mark."""
    below = own.filter(pk__lte=inbox.read_up_to).order_by("pk")
    first = below.values_list("pk", flat=True).first()
    if first is not None:
        rows = type(own)(own.model, using=own.db).filter(recipient=inbox.pk, read_at__isnull=True)
        rows = rows.filter(pk__gte=first, pk__lte=inbox.read_up_to)
        _update(rows, wait=True, read_at=inbox.read_up_to_at)  # all: the mark is taken away
        inbox.read_up_to = first - 1
        inbox.save(using=own.db, update_fields=["read_up_to"])
    read = own.filter(read_at__isnull=False)
    seen_at = Coalesce("seen_at", "read_at")
    return _update(read, wait=True, seen_at=seen_at, read_at=None, archived=0)


def archive(own: NotificationQuerySet[Any], inbox: Inbox) -> int:
    read_at = Coalesce("read_at", timezone.now(), output_field=models.DateTimeField())
    return _update(own.filter(archived=0), archived=1, read_at=read_at)


def restore(own: NotificationQuerySet[Any], inbox: Inbox) -> int:
    return _update(own.filter(archived=1), archived=0)


def _update(rows: NotificationQuerySet[Any], *, wait: bool = False, **values: Any) -> int:
    """Update rows in chunks; return how many. Those that others have locked are left out, unless
    they are waited for.
    """
    using, count = rows.db, 0
    features = connections[using].features
    skip_locked = features.has_select_for_update_skip_locked and not wait
    no_key = features.has_select_for_no_key_update
    for keys in key_chunks(rows, KEYS_PER_STATEMENT):
        some = rows.of_keys(keys, using).order_by("pk").values_list("pk", flat=True)
        with by_index(using):
            locked = list(some.select_for_update(skip_locked=skip_locked, no_key=no_key))
            count += rows.of_keys(locked, using).update(**values)
    return count


def mark_all(notifications: NotificationQuerySet[Any], user: Any, *, read: bool) -> None:
    """Mark all notifications of a user as seen, or as read: by one mark, however many there are.

    Each is marked for itself while somebody delivers to the user, for then a notification with a
    lower key may still come.
    """
    kind, using = ("read" if read else "seen"), notifications.db
    inbox = inbox_of(user, using)
    unmarked = notifications.filter(**(inbox.not_read if read else inbox.not_seen))
    newest = unmarked.newest_of(user.pk).values_list("pk", flat=True).first()
    if newest is None:
        return
    if not is_quiet(user, using):
        change_of(notifications, user.pk, mark_read if read else mark_seen)
        return
    if inbox._state.adding:
        run(partial(_add_inbox, user.pk, using), using)
    lower = Inbox._default_manager.using(using).filter(pk=user.pk, **{f"{kind}_up_to__lt": newest})
    lower.update(**{f"{kind}_up_to": newest, f"{kind}_up_to_at": timezone.now()})


def is_quiet(user: Any, using: str, *, wait: bool = False) -> bool:
    """Tell whether nobody delivers to a user, or ``wait`` until all deliveries have ended.

    A delivery locks its recipients. So notifications that come later than this have a key above
    all keys that were there before it. The lock is tried, and given back.
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


def _add_inbox(key: Any, using: str) -> None:
    """Add the inbox of a user, unless it is there or the user is deleted just now."""
    if keep(get_user_model()._base_manager.filter(pk=key), using):
        # Not IGNORE: with it MariaDB shares the lock of an inbox that another has just added, and
        # two that share a lock cannot lock the row. UPDATE changes nothing and does not share.
        insert(Inbox, ["user"], [[key]], using, OnConflict.UPDATE)


def chosen_q(notifications: tuple[Any, ...], group: Any, call: str) -> Q:
    """Build the condition for notifications, or for those of a group or of several.

    Notifications are instances or keys, or one queryset of them.
    """
    if bool(notifications) == (group is not None):
        for_all = f", or call {call}_all() for all" if call in ("mark_seen", "mark_read") else ""
        raise TypeError(f"{call}(): pass notifications or group=…{for_all}")
    if group is not None:
        return Q(group__in=list(group)) if isinstance(group, Iterable) else Q(group=group)
    if len(notifications) == 1 and isinstance(notifications[0], QuerySet):
        return Q(pk__in=notifications[0].order_by().values("pk"))
    for each in notifications:
        if isinstance(each, Iterable) and not isinstance(each, str | bytes):
            raise TypeError(f"{call}(a {type(each).__name__}): unpack it: {call}(*notifications)")
    return Q(pk__in=[notification_key(each, call) for each in notifications])


def notification_key(notification: Any, call: str) -> int:
    """Return the key of a notification, given as an instance or key."""
    if hasattr(notification, "is_read"):  # an instance, of a class whose module imports this one
        notification = notification.pk
    try:
        key: int = models.BigAutoField().to_python(notification)
    except (ValidationError, TypeError):
        raise TypeError(f"{call}({notification!r:.80}): pass notifications or their keys") from None
    return key
