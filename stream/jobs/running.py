"""Running jobs after the commit of what causes them, and finding those that are lost.

A job acts on the tables as they are when it runs, a transaction for each step, and each step may
be repeated. So jobs may be late, repeated, broken off, or run in another order.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from itertools import chain
from time import perf_counter
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from stream.chunks import chunks, key_chunks
from stream.jobs.conf import options
from stream.jobs.models import BaseJob, GiveUpError, Step, TryLaterError, job_models, soon
from stream.metrics import get_metrics

_Job = TypeVar("_Job", bound=BaseJob)

logger = logging.getLogger("stream.jobs")

TAKEN_ALONG = 2  # overdue jobs that a process runs after one of its own
JOBS_AT_ONCE = 100  # keys in memory
ERROR_CHARACTERS = 500
LONGEST_PAUSE = dt.timedelta(hours=6)
TASK = "stream.tasks.run_job"  # whose module needs Celery

# Without retries, Celery would wait seconds for a broker that is down. With one at once, what is
# sent over a connection that has broken is sent again over a new one.
RETRY_ONCE = {"max_retries": 1, "interval_start": 0}


def deliver_after_commit(model: type[BaseJob], keys: Sequence[int], using: str) -> None:
    """Deliver new jobs, and perhaps some that were lost. Raises nothing."""
    is_here = options().deliver == "after_commit"
    deliver_jobs(model, keys[: model.in_process_at_most] if is_here else keys, using)
    if not is_here:
        return  # a worker or a command looks for what was lost
    try:
        resume_jobs(model, using, most=TAKEN_ALONG)
    except Exception:  # what was committed must not look failed
        logger.exception("stream.jobs: no lost job is looked for")


def deliver_jobs(model: type[BaseJob], keys: Sequence[int], using: str) -> None:
    """Run jobs, or hand them to Celery, as ``STREAM_JOBS`` says. Raises nothing.

    An error is logged, and the job stays for ``resume_jobs()``.
    """
    how = options().deliver
    if how == "command":
        return
    for key in keys:
        try:
            if how == "celery":
                _send_task(model, key, using)
            else:
                run_job(model, key, using)
        except Exception:  # what was committed must not look failed
            logger.exception("stream.jobs: %s %s is not done yet", model._meta.label, key)
            if how == "celery":
                return  # the broker is down: each of the others would wait for it


def _send_task(model: type[BaseJob], key: int, using: str) -> None:
    args = (model._meta.label, key, using)
    import_string(TASK).apply_async(args, queue=options().queue, retry_policy=RETRY_ONCE)


def run_job(model: type[_Job], key: int, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Run a job to its end; return False if it is done already or another worker runs it.

    An error is noted on the job and raised.
    """
    begin, rows = perf_counter(), 0
    take: Callable[[_Job, str], Step] = import_string(model.take_step)
    job: _Job | None = None
    lease: dt.datetime | None = None  # until when the job is this worker's, and how it is known
    is_counted = False
    try:
        while True:
            with transaction.atomic(using=using):
                found = _locked(model, using).filter(pk=key).first()
                if found is None or found.due_at is None:
                    return False
                if _is_held(found) and found.due_at != lease:
                    return False
                job, lease = found, found.due_at
                if _is_used_up(job):  # by workers that were killed
                    job.give_up()
                    job.save(using=using)
                    return False
                step = take(job, using)
                rows += step.rows
                if step.cursor is None and not step.after:
                    job.finish()
                else:
                    # The last step is repeated until what comes after it is done.
                    job.cursor = job.cursor if step.cursor is None else step.cursor
                    job.is_held, job.due_at = bool(step.after), soon()
                    # A worker that is killed has tried, too.
                    is_counted = job.is_held and model.attempts_at_most is not None
                    job.attempts += is_counted
                    job.save(using=using, update_fields=["cursor", "is_held", "due_at", "attempts"])
            lease = job.due_at
            for call in step.after:
                call()
            if step.cursor is None:
                if step.after:
                    with transaction.atomic(using=using):
                        job.attempts -= is_counted
                        job.finish()
                _measure(job, perf_counter() - begin, rows)
                return True
    except Exception as error:
        _note(model, key, using, error, lease, is_counted)
        if job:
            get_metrics().count("jobs", 1, kind=job.kind_of_work, outcome="failed")
        raise


def _locked(model: type[_Job], using: str) -> QuerySet[_Job]:
    return model._base_manager.using(using).select_for_update(skip_locked=True)


def _is_held(job: BaseJob) -> bool:
    return job.is_held and job.due_at is not None and job.due_at > timezone.now()


def _is_used_up(job: BaseJob) -> bool:
    return job.attempts_at_most is not None and job.attempts >= job.attempts_at_most


def _note(
    model: type[BaseJob],
    key: int,
    using: str,
    error: Exception,
    lease: dt.datetime | None,
    is_counted: bool,
) -> None:
    """Note an error, and when the job is tried again: later each time, or never.

    Nothing is noted on a job that another worker has taken up since, or finished.
    """
    with transaction.atomic(using=using):
        for job in _locked(model, using).filter(pk=key, due_at=lease):
            job.attempts += not is_counted
            pause = dt.timedelta(seconds=options().retry_after) * 2 ** min(job.attempts - 1, 20)
            if isinstance(error, TryLaterError):
                pause = max(pause, dt.timedelta(seconds=error.seconds))
            said = f"{type(error).__name__}: {error}".replace("\0", "")
            job.error = said.encode(errors="replace").decode()[:ERROR_CHARACTERS]
            job.is_held, job.due_at = False, timezone.now() + min(pause, LONGEST_PAUSE)
            if isinstance(error, GiveUpError) or _is_used_up(job):
                job.give_up()
            job.save(using=using)


def _measure(job: BaseJob, seconds: float, rows: int) -> None:
    metrics, kind = get_metrics(), job.kind_of_work
    metrics.count("jobs", 1, kind=kind, outcome="done")
    metrics.count("rows", rows, kind=kind)
    metrics.time("job", seconds, kind=kind)
    metrics.time("lag", (timezone.now() - job.created_at).total_seconds(), kind=kind)


def overdue_jobs(model: type[_Job], using: str | None = None) -> QuerySet[_Job]:
    """Return the jobs of a table that are overdue, the longest first.

    Their worker, broker or process is gone, or they have failed and are to be tried again.
    """
    jobs = model._base_manager.using(using or router.db_for_write(model))
    return jobs.filter(due_at__lt=timezone.now()).order_by("due_at", "pk")


def resume_jobs(model: type[BaseJob], using: str | None = None, most: int | None = None) -> int:
    """Deliver overdue jobs again, all or the first ``most`` of them; return how many.

    It does no harm to deliver one that is merely waiting.
    """
    using = using or router.db_for_write(model)
    keys = list(overdue_jobs(model, using).values_list("pk", flat=True)[:most])
    for some in chunks(keys, JOBS_AT_ONCE):
        # Some may have been done, or taken up by others, since they were found.
        overdue_jobs(model, using).filter(pk__in=some).order_by().update(
            due_at=soon(), is_held=False
        )
        deliver_jobs(model, some, using)
    return len(keys)


def resume_all() -> int:
    """Deliver the overdue jobs of all tables again; return how many."""
    return sum(resume_jobs(model) for model in job_models())


def run_all(
    model: type[BaseJob] | None = None, using: str | None = None, again: bool = True
) -> tuple[int, int]:
    """Run all jobs that nobody else runs, of a table or of all; return how many were done, and
    how many failed.

    Jobs that failed before are run ``again`` at once, or else when it is time.
    """
    done = failed = 0
    for each in job_models() if model is None else [model]:
        alias = using or router.db_for_write(each)
        jobs = each._base_manager.using(alias).filter(due_at__isnull=False)
        if not again:
            jobs = jobs.filter(Q(attempts=0) | Q(due_at__lt=timezone.now()))
        for key in chain.from_iterable(key_chunks(jobs, JOBS_AT_ONCE)):
            try:
                done += run_job(each, key, alias)
            except Exception:  # noted on the job, which stays; the others go on
                failed += 1
                logger.exception("stream.jobs: %s %s has failed", each._meta.label, key)
    return done, failed
