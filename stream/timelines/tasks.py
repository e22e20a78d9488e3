"""The tasks of Celery. They carry no data: what is to be done is in the table of jobs."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from stream.timelines import jobs


@shared_task(  # type: ignore[untyped-decorator]
    name="stream.timelines.run", acks_late=True, reject_on_worker_lost=True, ignore_result=True
)
def run(key: int, using: str) -> None:
    """Run a job to its end. Nothing happens where that is done, or another worker is at it."""
    jobs.run_job(key, using)


@shared_task(name="stream.timelines.resume", ignore_result=True)  # type: ignore[untyped-decorator]
def resume() -> None:
    """Deliver anew what was lost. Let Celery beat call it every minute or so."""
    jobs.resume_jobs()


@worker_ready.connect(dispatch_uid="stream.timelines")  # type: ignore[untyped-decorator]
def resume_at_start(**kwargs: Any) -> None:
    resume.delay()
