"""Jobs are run after what causes them is committed, and found again if lost.

A job acts on the tables as they are when it runs, one transaction a step, and each step may be
done twice. So jobs may be late, repeated, broken off, or run in another order.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, DatabaseError, router, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from stream.following import follow_model
from stream.timelines.conf import options
from stream.timelines.metrics import get_metrics
from stream.timelines.models import Job, Joined
from stream.timelines.outbox import ROWS
from stream.timelines.steps import take_step

if TYPE_CHECKING:
    pass

logger = logging.getLogger("stream.timelines")

TAKEN_ALONG = 2  # overdue jobs, by the process that has committed another
LONGEST_ERROR = 500  # characters
TASK = "stream.timelines.tasks.run"  # which needs Celery

# Without retries, Celery would wait seconds for a broker that is down. With one at once, what is
# sent over a connection that has broken is sent again over a new one.
RETRY_ONCE = {"max_retries": 1, "interval_start": 0}


def deliver_after_commit(keys: Sequence[int], using: str) -> None:
    deliver_jobs(keys, using)
    if options().deliver != "after_commit":
        return  # a worker or a command looks for what was lost
    try:
        resume_jobs(using, most=TAKEN_ALONG)
    except DatabaseError:  # what was committed must not look failed
        logger.exception("stream.timelines: no lost job is looked for")


def deliver_jobs(keys: Sequence[int], using: str) -> None:
    """Run jobs, or hand them to Celery, as ``deliver`` of the options says. Raises nothing.

    What fails is logged, and the job stays for ``resume_jobs()``.
    """
    how = options().deliver
    if how == "command":
        return
    for key in keys:
        try:
            if how == "celery":
                _send_task(key, using)
            else:
                run_job(key, using)
        except Exception:  # what was committed must not look failed
            logger.exception("stream.timelines: job %s is not delivered yet", key)
            if how == "celery":
                return  # the broker is down: no waiting for each of the others


def _send_task(key: int, using: str) -> None:
    import_string(TASK).apply_async((key, using), queue=options().queue, retry_policy=RETRY_ONCE)


def run_job(key: int, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Run a job to its end; False where it is done already or another worker is at it.

    What goes wrong is noted on the job and raised.
    """
    begin = perf_counter()
    job, rows = None, 0
    try:
        while True:
            with transaction.atomic(using=using):
                found = Job.objects.using(using).select_for_update(skip_locked=True)
                job = found.filter(pk=key).first()
                if job is None:
                    return False
                step = take_step(job, using)
                rows += step.rows
                job.cursor, job.touched_at = step.cursor, timezone.now()
                if step.cursor is None:
                    job.delete()
                else:
                    job.save(update_fields=["cursor", "touched_at"])
            for call in step.after:
                call()
            if step.cursor is None:
                _measure(job, perf_counter() - begin, rows)
                return True
    except Exception as error:
        _note(key, using, error)
        if job:
            get_metrics().count("jobs", 1, kind=job.kind, outcome="failed")
        raise


def _note(key: int, using: str, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    jobs = Job.objects.using(using).select_for_update(skip_locked=True)
    with transaction.atomic(using=using):
        for job in jobs.filter(pk=key):
            job.attempts, job.error, job.touched_at = job.attempts + 1, text, timezone.now()
            job.save(update_fields=["attempts", "error", "touched_at"])


def _measure(job: Job, seconds: float, rows: int) -> None:
    metrics = get_metrics()
    metrics.count("jobs", 1, kind=job.kind, outcome="done")
    metrics.count("rows", rows, kind=job.kind)
    metrics.time("job", seconds, kind=job.kind)
    metrics.time("lag", (timezone.now() - job.created_at).total_seconds(), kind=job.kind)


def overdue_jobs(using: str | None = None) -> QuerySet[Job]:
    """Return the jobs that made no progress for ``retry_after`` seconds, the longest first.

    They are those of a worker, a broker or a process that is gone, and those that have failed.
    """
    jobs = Job.objects.using(using or router.db_for_write(Job))
    return jobs.filter(touched_at__lt=_stale_before()).order_by("touched_at", "pk")


def resume_jobs(using: str | None = None, most: int | None = None) -> int:
    """Deliver anew the jobs that are overdue, or the first of them; return how many.

    To deliver one that is merely waiting does no harm.
    """
    using = using or router.db_for_write(Job)
    keys = list(overdue_jobs(using).values_list("pk", flat=True)[:most])
    for at in range(0, len(keys), ROWS):
        some = keys[at : at + ROWS]
        Job.objects.using(using).filter(pk__in=some).update(touched_at=timezone.now())
        deliver_jobs(some, using)
    return len(keys)


def run_all(using: str | None = None, again: bool = True) -> tuple[int, int]:
    """Run all jobs that no one else is at; return how many were done, and how many failed.

    Those that have failed wait for ``retry_after`` seconds, unless they are to be run ``again``.
    """
    using = using or router.db_for_write(Job)
    jobs = Job.objects.using(using).order_by("pk")
    if not again:
        jobs = jobs.filter(Q(attempts=0) | Q(touched_at__lt=_stale_before()))
    done = failed = last = 0
    while keys := list(jobs.filter(pk__gt=last).values_list("pk", flat=True)[:ROWS]):
        last = keys[-1]
        for key in keys:
            try:
                done += run_job(key, using)
            except Exception:  # noted on the job, which stays; the others go on
                failed += 1
                logger.exception("stream.timelines: job %s has failed", key)
    return done, failed


def unjoin_few(using: str) -> None:
    """Store the actions again of joined objects that few follow by now. Runs the jobs itself."""
    above = options().join_above
    follow = follow_model("stream.timelines")
    for mark in list(Joined.objects.using(using)):
        field = follow.target.by_column(mark.followed)
        follows = follow._base_manager.using(using).filter(Q((field.name, mark.object_key)))
        if above is None or follows.order_by()[: above + 1].count() <= above:
            job = Job.objects.using(using).create(kind=Job.Kind.UNJOIN, data={"joined": mark.pk})
            run_job(job.pk, using)


def _stale_before() -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=options().retry_after)
