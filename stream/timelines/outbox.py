"""The jobs of timelines, written with what causes them, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import router

from stream.chunks import chunks
from stream.jobs import outbox
from stream.models import Action
from stream.timelines.models import Job

ROWS_PER_JOB = 100


def fan_out(actions: Iterable[Action]) -> None:
    """Bring saved actions to the timelines of those who follow their objects.

    Actions that are sent, saved or updated come there by themselves: call this for those that raw
    SQL or another program has written.
    """
    by_database = defaultdict(list)
    for action in actions:  # which may have been read from a replica
        by_database[router.db_for_write(Action, instance=action)].append(action.pk)
    for using, keys in by_database.items():
        enqueue_for(Job.Kind.FAN_OUT, "actions", keys, using)


def enqueue_for(kind: Job.Kind, name: str, keys: Sequence[Any], using: str) -> None:
    """Write jobs for the rows with these keys, a job for each hundred."""
    enqueue(kind, [{name: some} for some in chunks(keys, ROWS_PER_JOB)], using)


def enqueue(kind: Job.Kind, data: Iterable[dict[str, Any]], using: str) -> None:
    """Write jobs into the current transaction; they are run when it is committed."""
    outbox.enqueue([Job(kind=kind, data=each) for each in data], using)
