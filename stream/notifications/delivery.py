"""Delivering an action to recipients, in the database: no instance is made for any of them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.models import BigIntegerField, Exists, F, Model, OuterRef, QuerySet, Value
from django.db.models.constants import OnConflict
from django.utils import timezone

from stream.models import Action
from stream.notifications import signals
from stream.notifications.grouping import group_of
from stream.notifications.models import Inbox, Mute, Notification
from stream.notifications.mutes import muting
from stream.notifications.query import InKeys, lock, lock_actions
from stream.notifications.recipients import database_of, wanted_keys

logger = logging.getLogger(__name__)


def notify(recipients: Any, action: Action, *, to_self: bool = False) -> int:
    """Deliver an action to recipients; return how many got it.

    ``recipients`` is a user, an iterable of users, a queryset of users of any size, a group or
    None. Who acted gets it only ``to_self``; who has it already or has muted it never does, and of
    a private action only those with a role in it. Five queries for each 2,000 recipients, each
    such chunk a transaction of its own where the caller has none. Raises TypeError or ValueError.
    """
    using = database_of(action, "notify")
    chunks = wanted_keys(recipients, action, to_self, using, "notify")
    return sum(deliver(keys, action, using) for keys in chunks)


async def anotify(recipients: Any, action: Action, *, to_self: bool = False) -> int:
    """Like ``notify``."""
    return await sync_to_async(notify)(recipients, action, to_self=to_self)


def deliver(keys: list[Any], action: Action, using: str) -> int:
    """Deliver an action to the users with these keys, in a transaction: five queries."""
    with transaction.atomic(using=using, savepoint=False):
        if not lock_actions([action.pk], using):
            return 0  # deleted just now
        inboxes = add_inboxes(keys, using)
        lock(inboxes, using)
        now = timezone.now()
        count = _insert(inboxes, action, now, using)
        if count:
            _count(inboxes, action, everybody=count == len(keys))
            announce(keys, action, count, now, using)
    return count


def add_inboxes(keys: Collection[Any], using: str) -> QuerySet[Inbox]:
    """Add the inboxes that users with these keys do not have; return all of theirs.

    Before any of them is locked: else two that add and lock could wait for each other.
    """
    inboxes = Inbox._base_manager.using(using).filter(InKeys(F("pk"), keys))
    if missing := set(keys).difference(inboxes.values_list("pk", flat=True)):
        users = get_user_model()._base_manager.filter(pk__in=missing).order_by("pk")
        # Not IGNORE: MariaDB then shares the lock of an inbox that another has just added, and two
        # that share it cannot lock it. UPDATE changes nothing and has the lock alone.
        _insert_select(Inbox, ["user"], users.values_list("pk"), using, OnConflict.UPDATE)
    return inboxes


def _insert(inboxes: QuerySet[Inbox], action: Action, now: Any, using: str) -> int:
    got = Notification.objects.filter(action=action.pk, recipient=OuterRef("pk"))
    muted = Mute._default_manager.filter(muting(action), user=OuterRef("pk"))
    rows = inboxes.filter(~Exists(got), ~Exists(muted)).values_list(
        "pk",
        F("delivered") + 1,
        Value(action.pk, BigIntegerField()),
        Value(group_of(action), BigIntegerField()),
        Value(now, Notification._meta.get_field("datetime")),
    )
    names = ["recipient", "number", "action", "group", "datetime"]
    return _insert_select(Notification, names, rows, using)


def _count(inboxes: QuerySet[Inbox], action: Action, *, everybody: bool) -> None:
    if not everybody:
        new = Notification.objects.filter(
            action=action.pk, recipient=OuterRef("pk"), number__gt=OuterRef("delivered")
        )
        inboxes = inboxes.filter(Exists(new))
    inboxes.update(delivered=F("delivered") + 1, unseen=F("unseen") + 1, unread=F("unread") + 1)


def _insert_select(
    model: type[Model],
    names: list[str],
    rows: QuerySet[Any, Any],
    using: str,
    on_conflict: OnConflict | None = None,
) -> int:
    """Write the rows of a queryset, which the ORM has no way to say; return how many."""
    connection = connections[using]
    quote, ops = connection.ops.quote_name, connection.ops
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns, key = ", ".join(quote(field.column) for field in fields), [model._meta.pk.column]
    select, params = rows.using(using).query.get_compiler(using).as_sql()
    sql = " ".join(
        [
            ops.insert_statement(on_conflict=on_conflict),
            f"{quote(model._meta.db_table)} ({columns})",
            select,
            ops.on_conflict_suffix_sql(fields, on_conflict, key, key),
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def announce(keys: Collection[Any], action: Action, count: int, now: Any, using: str) -> None:
    """Tell channels of what was delivered just now, when it is committed."""
    if not signals.delivered.has_listeners(Notification):
        return
    batch = Notification.objects.using(using).filter(
        InKeys(F("recipient"), keys), action=action.pk, datetime=now
    )
    transaction.on_commit(lambda: _send(action, count, batch, using), using=using)


def _send(action: Action, count: int, batch: Any, using: str) -> None:
    for receiver, answer in signals.delivered.send_robust(
        sender=Notification, action=action, count=count, notifications=batch, using=using
    ):
        if isinstance(answer, Exception):
            logger.error("%r failed on new notifications", receiver, exc_info=answer)
