"""Querysets of notifications with the old methods and the old names of columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Prefetch
from django.utils import timezone

from stream.chunks import key_chunks
from stream.contrib.deprecation import deprecated
from stream.contrib.notifications import lookups
from stream.contrib.notifications.settings import deletes_softly
from stream.contrib.notifications.signals import notify
from stream.models import Action
from stream.notifications.deliveries import Delivery
from stream.notifications.inbox import INBOX
from stream.notifications.marking import MarkableQuerySet
from stream.notifications.query import KEYS_PER_STATEMENT

_Row = TypeVar("_Row", bound=models.Model)

CHUNK = 2000  # rows, as in Django


class NotificationQuerySet(MarkableQuerySet[_Row]):
    """Notifications of any recipients, by their old names."""

    # Old methods

    def read(self, include_deleted: bool = False) -> Self:
        rows = super().read()
        return rows.filter(archived=0) if deletes_softly() and not include_deleted else rows

    def unread(self, include_deleted: bool = False) -> Self:  # what is put away is read
        return super().unread()

    def deleted(self) -> Self:
        deprecated("deleted()", "archived()")
        return self.archived()

    def active(self) -> Self:
        deprecated("active()", "filter(archived=0)")
        return self.filter(archived=0)

    def sent(self) -> Self:
        deprecated("sent()", f"filter({lookups.INSTEAD['emailed']})")
        return self.filter(lookups.is_emailed())

    def unsent(self) -> Self:
        deprecated("unsent()", f"exclude({lookups.INSTEAD['emailed']})")
        return self.filter(~lookups.is_emailed())

    def mark_all_as_read(self, recipient: Any = None) -> int:
        deprecated("mark_all_as_read()", "mark_read(), or NotificationFeed(user).mark_read_all()")
        return self._of(recipient).mark_read()

    def mark_all_as_unread(self, recipient: Any = None) -> int:
        deprecated("mark_all_as_unread()", "mark_unread()")
        return self._of(recipient).filter(archived=0).mark_unread()

    def mark_all_as_deleted(self, recipient: Any = None) -> int:
        deprecated("mark_all_as_deleted()", "archive()")
        return self._of(recipient).archive()

    def mark_all_as_active(self, recipient: Any = None) -> int:
        deprecated("mark_all_as_active()", "restore()")
        return self._of(recipient).restore()

    def mark_as_sent(self, recipient: Any = None) -> int:
        deprecated("mark_as_sent()", "nothing: a channel of STREAM_CHANNELS mails and notes it")
        return self._of(recipient).note_mails()

    def mark_as_unsent(self, recipient: Any = None) -> int:
        deprecated("mark_as_unsent()", "nothing: a channel of STREAM_CHANNELS mails and notes it")
        return self._of(recipient).forget_mails()

    def _of(self, recipient: Any) -> Self:
        return self.filter(recipient=recipient) if recipient else self

    def note_mails(self) -> int:
        """Note in the log of deliveries that these were mailed; return how many were not."""
        self._for_write = True
        new = self.using(self.db).filter(~lookups.is_emailed())
        count = 0
        for keys in key_chunks(new, KEYS_PER_STATEMENT):
            rows = new.of_keys(keys, self.db).values_list("pk", "recipient_id")
            now = timezone.now()
            mails = [
                Delivery(
                    channel=lookups.MAIL,
                    notification_id=key,
                    recipient_id=user,
                    state=Delivery.State.SENT,
                    ended_at=now,
                    due_at=None,
                )
                for key, user in rows
            ]
            count += len(Delivery._default_manager.using(self.db).bulk_create(mails))
        return count

    def forget_mails(self) -> int:
        """Forget that these were mailed; return how many were."""
        self._for_write = True
        mailed = self.using(self.db).filter(lookups.is_emailed())
        count = 0
        for keys in key_chunks(mailed, KEYS_PER_STATEMENT):
            count += len(keys)
            Delivery._default_manager.using(self.db).filter(
                notification__in=keys, channel=lookups.MAIL, state=Delivery.State.SENT
            ).delete()
        return count

    # Old names

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        given = (lookups.condition(*args, **kwargs),) if args or kwargs else ()
        return super().filter(*given)

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        given = (lookups.condition(*args, **kwargs),) if args or kwargs else ()
        return super().exclude(*given)

    def order_by(self, *names: Any) -> Self:
        return super().order_by(*map(lookups.in_order, names))

    def latest(self, *names: Any) -> Any:
        return super().latest(*map(lookups.in_order, names))

    def earliest(self, *names: Any) -> Any:
        return super().earliest(*map(lookups.in_order, names))

    def values(self, *names: Any, **expressions: Any) -> Any:
        old = {name: lookups.as_value(name) for name in names if lookups.is_old(name)}
        names = tuple(name for name in names if name not in old)
        return super().values(*names, **old, **expressions)

    def values_list(self, *names: Any, **options: Any) -> Any:
        given = [lookups.as_value(name) if lookups.is_old(name) else name for name in names]
        return super().values_list(*given, **options)

    def only(self, *names: str) -> Self:
        return super().only(*map(lookups.renamed, names)).select_related(None)

    def defer(self, *names: Any) -> Self:
        return super().defer(*(name and lookups.renamed(name) for name in names))

    def select_for_update(self, *args: Any, **kwargs: Any) -> Self:
        # PostgreSQL locks nothing that an outer join may lack.
        rows = self if self._fields is not None else self.select_related(None)  # type: ignore[attr-defined]
        return super(NotificationQuerySet, rows).select_for_update(*args, **kwargs)

    def iterator(self, chunk_size: int | None = None) -> Iterator[_Row]:
        return super().iterator(chunk_size or CHUNK)

    def update(self, **values: Any) -> int:
        """Update old columns, too; states are marked as the methods do."""
        states = {name: values.pop(name) for name in lookups.STATES if name in values}
        if isinstance(values.get("level"), str):
            values["level"] = lookups.level_of(values["level"])
        values = {lookups.renamed(name): value for name, value in values.items()}
        count = super().update(**values) if values or not states else 0
        for name, value in states.items():
            deprecated(f"update({name}={value})", f"{WRITE[name, bool(value)]}()")
            count = max(count, getattr(self, CHANGES[name, bool(value)])())
        return count

    def create(self, **values: Any) -> Any:
        """Send a notification, by ``notify.send``, to one recipient; return it."""
        if "actor" not in values:
            return super().create(**values)
        states = {name: values.pop(name) for name in lookups.STATES if name in values}
        sent: Any = notify.send(values.pop("actor"), **values)
        keys = [each.pk for _, rows in sent for each in rows or ()]
        rows: Any = self.model._default_manager.filter(pk__in=keys)
        for name, value in states.items():
            getattr(rows, CHANGES[name, bool(value)])()
        return rows.first()


#: What is called where an old state is set.
CHANGES = {
    ("unread", False): "mark_read",
    ("unread", True): "mark_unread",
    ("deleted", True): "archive",
    ("deleted", False): "restore",
    ("emailed", True): "note_mails",
    ("emailed", False): "forget_mails",
}
WRITE = {
    **CHANGES,
    ("emailed", True): "nothing: a channel mails and notes it, not mark_as_sent",
    ("emailed", False): "nothing: a channel mails and notes it, not mark_as_unsent",
}


class NotificationManager(models.Manager.from_queryset(NotificationQuerySet)):  # type: ignore[misc]
    """Finds notifications with what they say: as many queries for a page as for a row."""

    def get_queryset(self) -> Any:
        actions: Any = Action.objects.with_messages()
        rows = super().get_queryset().select_related(f"recipient__{INBOX}")
        return rows.prefetch_related(Prefetch("action", actions.with_objects()))
