"""The outbox: jobs are written with what causes them, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils.module_loading import import_string

from stream.models import Action
from stream.timelines.models import Job

ROWS = 100  # of one job
DELIVERY = "stream.timelines.jobs.deliver_after_commit"  # which runs what is written here


def fan_out(actions: Iterable[Action]) -> None:
    """Bring saved actions to the timelines of those who follow their objects.

    Actions that are sent, saved or updated come there by themselves: call this for those that raw
    SQL or another program has written.
    """
    by_database = defaultdict(list)
    for action in actions:
        by_database[action._state.db or DEFAULT_DB_ALIAS].append(action.pk)
    for using, keys in by_database.items():
        enqueue_some(Job.Kind.FAN_OUT, "actions", keys, using)


def enqueue_some(kind: Job.Kind, name: str, keys: Sequence[Any], using: str) -> None:
    """Write jobs for rows, each for some of them."""
    enqueue(kind, [{name: keys[at : at + ROWS]} for at in range(0, len(keys), ROWS)], using)


def enqueue(kind: Job.Kind, data: Iterable[dict[str, Any]], using: str) -> None:
    """Write jobs into the current transaction; they are delivered when it is committed."""
    made = [Job(kind=kind, data=each) for each in data]
    Job.objects.using(using).bulk_create(made)
    deliver = partial(import_string(DELIVERY), [job.pk for job in made], using)
    transaction.on_commit(deliver, using=using)
