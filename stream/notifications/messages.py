"""Notifications that are no more than that: actions for their recipients alone."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Model
from django.utils.http import url_has_allowed_host_and_scheme

from stream.actions.building import build_action
from stream.arc.requests import redirect_hosts
from stream.locking import run
from stream.models import Action
from stream.notifications.delivery import deliver
from stream.notifications.levels import Level, checked_way
from stream.notifications.recipients import wanted_keys


class System(Enum):
    """The actor of what the site itself says."""

    SYSTEM = "system"

    def __repr__(self) -> str:
        return "SYSTEM"


SYSTEM = System.SYSTEM


def send_notification(
    recipients: Any,
    actor: Model | System,
    verb: Any,
    target: Model | None = None,
    action_object: Model | None = None,
    description: str | None = None,
    *,
    context: Model | None = None,
    url: str = "",
    data: dict[str, Any] | None = None,
    datetime: dt.datetime | None = None,
    level: int = Level.INFO,
    kind: str = "",
    to_self: bool = False,
    using: str | None = None,
) -> Action | None:
    """Send an action to its recipients alone; return it, or None where nobody gets it.

    Nobody else sees it but the actor, not even who has another role in it, and rules pass it over.
    Nobody acts where the actor is ``SYSTEM``: "Backup finished". ``url`` is where it leads, by
    default to its objects. ``datetime`` is the time of the action and of its notifications.
    ``recipients`` are those of ``notify``, whose keys are in memory at once. One query for the
    action and three for each chunk of 2,000 recipients, all in one transaction. Raises
    NotRegistered, TypeError or ValueError before anything is written.
    """
    call, way = "send_notification", checked_way("send_notification", kind, level)
    if url and not url_has_allowed_host_and_scheme(url, redirect_hosts()):
        raise ValueError(
            f"{call}(url={url!r:.80}): this is no address of the site; write a path such as "
            f"'/backups/7/', or add the host to STREAM_REDIRECT_HOSTS"
        )
    if actor is None:
        raise TypeError(f"{call}(actor=None): who acts? Pass SYSTEM where it is the site itself")
    arguments = {
        "actor": None if actor is SYSTEM else actor,
        "verb": verb,
        "target": target,
        "action_object": action_object,
        "context": context,
        "description": description,
        "data": {**(data or {}), "url": url} if url else data,
        "datetime": datetime,
        "public": False,
    }
    action, alias = build_action(Action, call, using, arguments, is_message=True)
    chunks = list(wanted_keys(recipients, action, to_self, alias, call))

    def act() -> Action | None:
        action.pk = None
        action._state.adding = True
        action.save(force_insert=True, using=alias)
        if sum(deliver(keys, action, alias, way, action.datetime) for keys in chunks):
            return action
        action.delete()
        return None

    return run(act, alias) if chunks else None


async def asend_notification(*args: Any, **kwargs: Any) -> Action | None:
    """Like ``send_notification``."""
    return await sync_to_async(send_notification)(*args, **kwargs)
