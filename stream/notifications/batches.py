"""Delivering many actions at once, each to recipients of its own."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db.models import F, Q
from django.utils import timezone

from stream.locking import keep, run
from stream.models import Action
from stream.notifications.delivery import NAMES, announce, deliver
from stream.notifications.grouping import group_of
from stream.notifications.models import Mute, Notification
from stream.notifications.mutes import mutes_of
from stream.notifications.query import InKeys, insert
from stream.notifications.recipients import database_of, most_keys, wanted_keys

Call = tuple[str, Any, Any]  # what errors begin with, recipients and an action
Delivery = tuple[Action, list[Any]]  # with the keys of its recipients
Row = tuple[Any, Any, int, dt.datetime]  # recipient, action, group and time


def notify_many(deliveries: Iterable[tuple[Any, Action]], *, to_self: bool = False) -> int:
    """Deliver actions, each to its own recipients; return how many notifications that makes.

    ``deliveries`` are pairs of what ``notify`` takes, and its rules hold: ``notify_many([(bob,
    liked), ([ann, eve], joined)])``. Five queries for each 250 actions or 1,000 recipients,
    each such batch a transaction of its own where the caller has none; those of a queryset or group
    are found by a query each. Raises TypeError or ValueError.
    """
    if not isinstance(deliveries, Iterable) or isinstance(deliveries, str | Mapping):
        raise TypeError(
            f"notify_many({deliveries!r:.80}): pass pairs of recipients and an action, such as "
            f"[(bob, liked)]"
        )
    return deliver_all(_checked(deliveries), to_self=to_self)


def _checked(deliveries: Iterable[Any]) -> Iterator[Call]:
    for number, pair in enumerate(deliveries):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise TypeError(
                f"notify_many(), item {number}: {pair!r:.80} is no pair of recipients and an "
                f"action, such as (bob, liked)"
            )
        yield f"notify_many(), item {number}: notify", pair[0], pair[1]


def deliver_all(deliveries: Iterable[Call], *, to_self: bool) -> int:
    """Deliver as ``notify_many``, of triples of which the first is what errors begin with."""
    count, batches = 0, defaultdict[str, list[Delivery]](list)
    for call, recipients, action in deliveries:
        using = database_of(action, call)
        most = most_keys(using)
        for keys in wanted_keys(recipients, action, to_self, using, call):
            batch = batches[using]
            size = sum(len(some) for _, some in batch) + len(keys)
            if batch and (len(batch) == most // 8 or size > most // 2):
                count += _deliver_batch(batch, using)
                batch = batches[using] = []
            batch.append((action, keys))
    return count + sum(_deliver_batch(batch, using) for using, batch in batches.items() if batch)


async def anotify_many(deliveries: Iterable[tuple[Any, Action]], *, to_self: bool = False) -> int:
    """Like ``notify_many``."""
    return await sync_to_async(notify_many)(deliveries, to_self=to_self)


def _deliver_batch(batch: Sequence[Delivery], using: str) -> int:
    if len(batch) == 1:  # by INSERT … SELECT
        [(action, keys)] = batch
        return deliver(keys, action, using)

    def act() -> int:
        actions = Action._base_manager.filter(pk__in={action.pk for action, _ in batch})
        there = set(keep(actions, using))
        here = [(action, keys) for action, keys in batch if action.pk in there]
        people = {key for _, keys in here for key in keys}
        users = get_user_model()._base_manager.filter(InKeys(F("pk"), people))
        rows = _new_rows(here, set(keep(users, using)), using)
        count = insert(Notification, NAMES, rows, using) if rows else 0
        if count < len(rows):  # others have delivered some just now
            got = _got(here, people, using, datetime=rows[0][-1])
            rows = [row for row in rows if (row[1], row[0]) in got]
        _announce(here, rows, using)
        return len(rows)

    return run(act, using)


def _new_rows(batch: Sequence[Delivery], people: set[Any], using: str) -> list[Row]:
    """Return the notifications that are to be written, in the order of the unique constraint."""
    rows, now = [], timezone.now()
    got = _got(batch, people, using)
    muted = _muted(batch, people, using)
    for action, keys in batch:
        group, mutes = group_of(action), mutes_of(action)
        for key in keys:
            if key not in people or (action.pk, key) in got or muted.get(key, set()) & mutes:
                continue
            got.add((action.pk, key))
            rows.append((key, action.pk, group, now))
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _got(
    batch: Sequence[Delivery], people: Iterable[Any], using: str, **only: Any
) -> set[tuple[Any, Any]]:
    """Return who has which of the actions already."""
    rows = Notification.objects.using(using).filter(
        InKeys(F("recipient"), people), action__in={action.pk for action, _ in batch}, **only
    )
    return set(rows.values_list("action_id", "recipient_id"))


def _muted(
    batch: Sequence[Delivery], people: Iterable[Any], using: str
) -> dict[Any, set[tuple[str, str, str]]]:
    """Return by recipient what of the batch is muted: a verb, or a model and a key."""
    wanted = {each for action, _ in batch for each in mutes_of(action)}
    verbs, models, keys = ({each[part] for each in wanted} - {""} for part in range(3))
    rows = Mute._default_manager.using(using).filter(
        Q(verb__in=verbs, model="") | Q(verb="", model__in=models, object_id__in=keys),
        InKeys(F("user"), people),
    )
    muted = defaultdict[Any, set[tuple[str, str, str]]](set)
    for user, *what in rows.values_list("user_id", "verb", "model", "object_id"):
        muted[user].add((what[0], what[1], what[2]))
    return muted


def _announce(batch: Sequence[Delivery], rows: Sequence[Row], using: str) -> None:
    by_action = defaultdict[Any, list[Any]](list)
    for recipient, action, _, _ in rows:
        by_action[action].append(recipient)
    for action in dict.fromkeys(action for action, _ in batch):
        if keys := by_action.get(action.pk):
            announce(keys, action, len(keys), rows[0][-1], using)
