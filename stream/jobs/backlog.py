"""A system check that warns of jobs that wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import connections

from stream.jobs.models import BaseJob, job_models
from stream.jobs.running import overdue_jobs


def check_backlog(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn (W075) of the jobs in these databases that are overdue."""
    return [
        warning
        for alias in databases or ()
        for model in job_models()
        for warning in _find_overdue(model, alias)
    ]


def _find_overdue(model: type[BaseJob], alias: str) -> Iterator[CheckMessage]:
    if model._meta.db_table not in connections[alias].introspection.table_names():
        return  # not migrated yet, or another database
    overdue = overdue_jobs(model, alias)
    if oldest := overdue.first():
        yield Warning(
            f"{overdue.count()} rows of {model._meta.label} in the database {alias!r} are overdue; "
            f"the first of them since {oldest.due_at:%Y-%m-%d %H:%M}.",
            hint=f"Run: python manage.py run_stream_jobs. Last error: {oldest.error or '-'}",
            id="stream.W075",
        )
