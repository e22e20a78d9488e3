"""Delivering an action to recipients, in the database: no instance is made for any of them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from stream.locking import keep, run
from stream.models import Action
from stream.notifications import signals
from stream.notifications.grouping import group_of
from stream.notifications.models import Mute, Notification
from stream.notifications.mutes import muting
from stream.notifications.query import InKeys, insert
from stream.notifications.recipients import database_of, wanted_keys

logger = logging.getLogger(__name__)

NAMES = ("recipient", "action", "group", "datetime")


def notify(recipients: Any, action: Action, *, to_self: bool = False) -> int:
    """Deliver an action to recipients; return how many got it.

    ``recipients`` is a user, an iterable of users, a queryset of users of any size, a group or
    None. Who acted gets it only ``to_self``; who has it already or has muted it never does, and of
    a private action only those with a role in it. Three queries for each 2,000 recipients, each
    such chunk a transaction of its own where the caller has none. Raises TypeError or ValueError.
    """
    using = database_of(action, "notify")
    chunks = wanted_keys(recipients, action, to_self, using, "notify")
    return sum(deliver(keys, action, using) for keys in chunks)


async def anotify(recipients: Any, action: Action, *, to_self: bool = False) -> int:
    """Like ``notify``."""
    return await sync_to_async(notify)(recipients, action, to_self=to_self)


def deliver(keys: list[Any], action: Action, using: str) -> int:
    """Deliver an action to the users with these keys, in a transaction: three queries."""

    def act() -> int:
        # First the action, then the recipients: as who deletes them, and before any key is given
        # to a notification, which is what marking all relies on.
        if not keep(Action._base_manager.filter(pk=action.pk), using):
            return 0  # deleted just now
        got = Notification.objects.filter(action=action.pk, recipient=OuterRef("pk"))
        muted = Mute._default_manager.filter(muting(action), user=OuterRef("pk"))
        users = get_user_model()._base_manager.order_by("pk")
        wanted = keep(users.filter(InKeys(F("pk"), keys), ~Exists(got), ~Exists(muted)), using)
        if not wanted:
            return 0
        now, group = timezone.now(), group_of(action)
        rows = [(key, action.pk, group, now) for key in wanted]
        if count := insert(Notification, NAMES, rows, using):
            announce(wanted, action, count, now, using)
        return count

    return run(act, using)


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
