"""Delivering an action to recipients, in the database: no instances are made of them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from stream.actions.building import checked_datetime
from stream.arc.values import refuse_values
from stream.locking import keep, run
from stream.models import Action
from stream.notifications import signals
from stream.notifications.grouping import group_of
from stream.notifications.levels import Level, checked_way
from stream.notifications.models import Mute, Notification, database_of
from stream.notifications.mutes import muting
from stream.notifications.outbox import tell_channels
from stream.notifications.query import InKeys, insert
from stream.notifications.recipients import check_action, wanted_keys

logger = logging.getLogger(__name__)

FIELDS = ("recipient", "action", "group", "datetime", "kind", "level")


def notify(
    recipients: Any,
    action: Action,
    *,
    to_self: bool = False,
    kind: str = "",
    level: int = Level.INFO,
    datetime: dt.datetime | None = None,
) -> int:
    """Deliver an action to recipients; return how many got it.

    ``recipients`` is a user, an iterable of users, a queryset of users of any size, a group or
    None. The actor gets it only with ``to_self``, and users who have it already or have muted it
    never do. Who gets an action may see it, also one that is not public. ``kind`` is the name of a
    reason, such as "mention". ``datetime`` is the time of the notification, by default now; lists
    stay in the order of delivery. Three queries for each chunk of 2,000 recipients, which is its
    own transaction unless the caller has one. Raises TypeError or ValueError.
    """
    check_action(action, "notify")
    using, way = database_of(action), checked_way("notify", kind, level)
    when = checked_datetime(datetime, "notify")
    refuse_values(Action, {"datetime": when}, "notify")
    chunks = wanted_keys(recipients, action, to_self, using, "notify")
    return sum(deliver(keys, action, using, way, when) for keys in chunks)


async def anotify(recipients: Any, action: Action, **options: Any) -> int:
    """Like ``notify``."""
    return await sync_to_async(notify)(recipients, action, **options)


def deliver(
    keys: list[Any], action: Action, using: str, way: tuple[str, int], when: dt.datetime
) -> int:
    """Deliver an action to the users with these keys, in a transaction: three queries."""

    def act() -> int:
        # The action is locked first, then the recipients: in the order in which they are deleted,
        # and before any notification gets its key, on which marking all relies.
        if not keep(Action._base_manager.filter(pk=action.pk), using):
            return 0  # deleted just now
        delivered = Notification.objects.filter(action=action.pk, recipient=OuterRef("pk"))
        muted = Mute._default_manager.filter(muting(action, way[0]), user=OuterRef("pk"))
        users = get_user_model()._base_manager.filter(InKeys(F("pk"), keys))
        recipients = keep(users.filter(~Exists(delivered), ~Exists(muted)), using)
        if not recipients:
            return 0
        group = group_of(action)
        rows = [(key, action.pk, group, when, *way) for key in recipients]
        if count := insert(Notification, FIELDS, rows, using):
            tell_channels([action.pk], recipients, when, using)
            announce(recipients, action, count, when, using)
        return count

    return run(act, using)


def announce(keys: Collection[Any], action: Action, count: int, when: Any, using: str) -> None:
    """Tell receivers of what was delivered just now, after the commit."""
    if not signals.delivered.has_listeners(Notification):
        return
    batch = Notification.objects.using(using).filter(
        InKeys(F("recipient"), keys), action=action.pk, datetime=when
    )

    def send() -> None:
        for receiver, answer in signals.delivered.send_robust(
            sender=Notification,
            action=action,
            count=count,
            notifications=batch,
            recipients=keys,
            using=using,
        ):
            if isinstance(answer, Exception):
                logger.error("%r failed on new notifications", receiver, exc_info=answer)

    transaction.on_commit(send, using=using)
