"""The tasks of Celery. They carry no data: the tables of jobs say what is to be done."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.apps import apps

from stream.jobs import running
from stream.jobs.conf import options


@shared_task(  # type: ignore[untyped-decorator]
    name="stream.run_job", acks_late=True, reject_on_worker_lost=True, ignore_result=True
)
def run_job(model: str, key: int, using: str) -> None:
    """Run a job to its end, unless it is done or another worker runs it."""
    running.run_job(apps.get_model(model), key, using)


@shared_task(name="stream.resume_jobs", ignore_result=True)  # type: ignore[untyped-decorator]
def resume_jobs() -> None:
    """Deliver overdue jobs again. Let Celery beat call it every minute or so."""
    running.resume_all()


@worker_ready.connect(dispatch_uid="stream.jobs")  # type: ignore[untyped-decorator]
def resume_at_start(**kwargs: Any) -> None:
    if options().deliver == "celery":
        resume_jobs.delay()
