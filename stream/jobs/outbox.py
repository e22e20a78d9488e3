"""The outbox: jobs are written with what causes them, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from stream.jobs.models import BaseJob
from stream.jobs.running import deliver_after_commit


def enqueue(jobs: Sequence[BaseJob], using: str) -> None:
    """Write jobs of one table into the current transaction; they are run when it is committed."""
    if jobs:
        model = type(jobs[0])
        written = model._base_manager.using(using).bulk_create(jobs)
        deliver = partial(deliver_after_commit, model, [job.pk for job in written], using)
        transaction.on_commit(deliver, using=using)
