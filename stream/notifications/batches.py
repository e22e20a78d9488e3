"""Delivering many actions at once, each to its own recipients."""

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
from stream.notifications.delivery import FIELDS, announce, deliver
from stream.notifications.grouping import group_of
from stream.notifications.levels import Level, checked_way
from stream.notifications.models import Mute, Notification, database_of
from stream.notifications.mutes import KEY, Key, mutes_of
from stream.notifications.outbox import tell_channels
from stream.notifications.query import InKeys, insert
from stream.notifications.recipients import check_action, most_keys, wanted_keys

Way = tuple[str, int]  # kind and level
Call = tuple[str, Any, Any, Way]  # what errors begin with, recipients, an action and the way
Delivery = tuple[Action, list[Any], Way]  # with the keys of its recipients
Row = tuple[Any, Any, int, dt.datetime, str, int]  # in the order of FIELDS


def notify_many(
    deliveries: Iterable[tuple[Any, Action]],
    *,
    to_self: bool = False,
    kind: str = "",
    level: int = Level.INFO,
) -> int:
    """Deliver actions, each to its own recipients; return how many notifications that makes.

    ``deliveries`` are pairs of what ``notify`` takes, and its rules hold: ``notify_many([(bob,
    liked), ([ann, eve], joined)])``. Five queries for each batch of 250 actions or
    1,000 recipients, and one for each queryset or group of recipients. Each batch is its own
    transaction unless the caller has one. Raises TypeError or ValueError.
    """
    if not isinstance(deliveries, Iterable) or isinstance(deliveries, str | Mapping):
        raise TypeError(
            f"notify_many({deliveries!r:.80}): pass pairs of recipients and an action, such as "
            f"[(bob, liked)]"
        )
    way = checked_way("notify_many", kind, level)
    return deliver_all(_checked(deliveries, way), to_self=to_self)


def _checked(deliveries: Iterable[Any], way: Way) -> Iterator[Call]:
    for number, pair in enumerate(deliveries):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise TypeError(
                f"notify_many(), item {number}: {pair!r:.80} is no pair of recipients and an "
                f"action, such as (bob, liked)"
            )
        yield f"notify_many(), item {number}: notify", pair[0], pair[1], way


def deliver_all(deliveries: Iterable[Call], *, to_self: bool) -> int:
    """Deliver actions as ``notify_many`` does. Errors begin with the first of each."""
    count, batches = 0, defaultdict[str, list[Delivery]](list)
    for call, recipients, action, way in deliveries:
        check_action(action, call)
        using = database_of(action)
        most = most_keys(using)
        for keys in wanted_keys(recipients, action, to_self, using, call):
            batch = batches[using]
            size = sum(len(some) for _, some, _ in batch) + len(keys)
            if batch and (len(batch) == most // 8 or size > most // 2):
                count += _deliver_batch(batch, using)
                batch = batches[using] = []
            batch.append((action, keys, way))
    return count + sum(_deliver_batch(batch, using) for using, batch in batches.items() if batch)


async def anotify_many(deliveries: Iterable[tuple[Any, Action]], **options: Any) -> int:
    """Like ``notify_many``."""
    return await sync_to_async(notify_many)(deliveries, **options)


def _deliver_batch(batch: Sequence[Delivery], using: str) -> int:
    if len(batch) == 1:  # in three queries
        [(action, keys, way)] = batch
        return deliver(keys, action, using, way, timezone.now())

    def act() -> int:
        actions = Action._base_manager.filter(pk__in={action.pk for action, *_ in batch})
        there = set(keep(actions, using))
        here = [each for each in batch if each[0].pk in there]
        people = {key for _, keys, _ in here for key in keys}
        users = get_user_model()._base_manager.filter(InKeys(F("pk"), people))
        rows = _new_rows(here, set(keep(users, using)), using)
        count = insert(Notification, FIELDS, rows, using) if rows else 0
        if count < len(rows):  # others have delivered some just now
            new = _delivered(here, people, using, datetime=rows[0][3])
            rows = [row for row in rows if (row[1], row[0]) in new]
        if rows:
            delivered, told = {row[1] for row in rows}, {row[0] for row in rows}
            tell_channels(delivered, told, rows[0][3], using)
        _announce(here, rows, using)
        return len(rows)

    return run(act, using)


def _new_rows(batch: Sequence[Delivery], people: set[Any], using: str) -> list[Row]:
    """Return the notifications to write, in the order of the unique constraint."""
    rows, now = [], timezone.now()
    delivered = _delivered(batch, people, using)
    muted = _muted(batch, people, using)
    for action, keys, way in batch:
        group, mutes = group_of(action), mutes_of(action, way[0])
        for key in keys:
            pair = action.pk, key
            if key in people and pair not in delivered and not muted.get(key, set()) & mutes:
                delivered.add(pair)
                rows.append((key, action.pk, group, now, *way))
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _delivered(
    batch: Sequence[Delivery], people: Iterable[Any], using: str, **only: Any
) -> set[tuple[Any, Any]]:
    """Return the actions and recipients that there are notifications of."""
    notifications = Notification.objects.using(using).filter(
        InKeys(F("recipient"), people), action__in={action.pk for action, *_ in batch}, **only
    )
    return set(notifications.values_list("action_id", "recipient_id"))


def _muted(batch: Sequence[Delivery], people: Iterable[Any], using: str) -> dict[Any, set[Key]]:
    """Return what each recipient mutes of the batch."""
    wanted = {each for action, _, way in batch for each in mutes_of(action, way[0])}
    kinds, verbs, models, keys = ({each[part] for each in wanted} - {""} for part in range(4))
    mutes = Mute._default_manager.using(using).filter(
        Q(kind__in=kinds) | Q(verb__in=verbs) | Q(model__in=models, object_id__in=keys),
        InKeys(F("user"), people),
    )
    muted = defaultdict[Any, set[Key]](set)
    for user, *key in mutes.values_list("user_id", *KEY):
        muted[user].add(tuple(key))
    return muted


def _announce(batch: Sequence[Delivery], rows: Sequence[Row], using: str) -> None:
    by_action = defaultdict[Any, list[Any]](list)
    for recipient, action, *_ in rows:
        by_action[action].append(recipient)
    for action in dict.fromkeys(action for action, *_ in batch):
        if keys := by_action.get(action.pk):
            announce(keys, action, len(keys), rows[0][3], using)
