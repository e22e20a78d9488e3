"""Delivering many actions at once, each to recipients of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from stream.models import Action
from stream.notifications.delivery import add_inboxes, announce, deliver
from stream.notifications.grouping import group_of
from stream.notifications.models import Inbox, Mute, Notification
from stream.notifications.mutes import mutes_of
from stream.notifications.query import InKeys, lock, lock_actions
from stream.notifications.recipients import database_of, most_keys, wanted_keys

Call = tuple[str, Any, Any]  # what errors begin with, recipients and an action
Delivery = tuple[Action, list[Any]]  # with the keys of its recipients


def notify_many(deliveries: Iterable[tuple[Any, Action]], *, to_self: bool = False) -> int:
    """Deliver actions, each to its own recipients; return how many notifications that makes.

    ``deliveries`` are pairs of what ``notify`` takes, and its rules hold: ``notify_many([(bob,
    liked), ([ann, eve], joined)])``. Some eight queries for each 250 actions or 1,000 recipients,
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
    with transaction.atomic(using=using, savepoint=False):
        there = set(lock_actions({action.pk for action, _ in batch}, using))
        batch = [(action, keys) for action, keys in batch if action.pk in there]
        people = {key for _, keys in batch for key in keys}
        inboxes = add_inboxes(people, using)
        rows = _new_rows(batch, lock(inboxes, using), using)
        Notification.objects.using(using).bulk_create(rows)
        _count(rows, using)
        _announce(batch, rows, using)
    return len(rows)


def _new_rows(
    batch: Sequence[Delivery], delivered: dict[Any, int], using: str
) -> list[Notification]:
    """Return the notifications that are to be written, numbered on from what was delivered."""
    rows, now = [], timezone.now()
    got = _got(batch, delivered, using)
    muted = _muted(batch, delivered, using)
    for action, keys in batch:
        group, mutes = group_of(action), mutes_of(action)
        for key in keys:
            # Who has no inbox has been deleted.
            if key not in delivered or (action.pk, key) in got or muted.get(key, set()) & mutes:
                continue
            got.add((action.pk, key))
            delivered[key] += 1
            rows.append(
                Notification(
                    recipient_id=key,
                    number=delivered[key],
                    action_id=action.pk,
                    group=group,
                    datetime=now,
                )
            )
    return rows


def _got(batch: Sequence[Delivery], people: Iterable[Any], using: str) -> set[tuple[Any, Any]]:
    """Return who has which of the actions already."""
    rows = Notification.objects.using(using).filter(
        InKeys(F("recipient"), people), action__in={action.pk for action, _ in batch}
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


def _count(rows: Sequence[Notification], using: str) -> None:
    """Add to the counters: one query for each number of notifications that recipients got."""
    by_number = defaultdict[int, list[Any]](list)
    for key, number in Counter(row.recipient_id for row in rows).items():
        by_number[number].append(key)
    for number, keys in by_number.items():
        Inbox._base_manager.using(using).filter(InKeys(F("pk"), keys)).update(
            **{name: F(name) + number for name in ("delivered", "unseen", "unread")}
        )


def _announce(batch: Sequence[Delivery], rows: Sequence[Notification], using: str) -> None:
    by_action = defaultdict[Any, list[Any]](list)
    for row in rows:
        by_action[row.action_id].append(row.recipient_id)
    for action in dict.fromkeys(action for action, _ in batch):
        if keys := by_action.get(action.pk):
            announce(keys, action, len(keys), rows[0].datetime, using)
