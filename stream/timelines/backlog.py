"""A system check that tells of jobs that wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from stream.plan.source import get_timeline
from stream.timelines.conf import options
from stream.timelines.jobs import overdue_jobs
from stream.timelines.models import Job


def check_backlog(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn (W075) of the jobs in these databases that are overdue."""
    try:
        is_stored = get_timeline().is_stored and options().retry_after > 0
    except ImproperlyConfigured:
        return []  # other checks say why
    return list(_find_overdue(databases or ())) if is_stored else []


def _find_overdue(databases: Sequence[str]) -> Iterator[CheckMessage]:
    for alias in databases:
        if Job._meta.db_table not in connections[alias].introspection.table_names():
            continue  # not migrated yet, or another database
        overdue = overdue_jobs(alias)
        if oldest := overdue.first():
            yield Warning(
                f"{overdue.count()} jobs of timelines in the database {alias!r} made no progress "
                f"for {options().retry_after} seconds; the first of them since "
                f"{oldest.touched_at:%Y-%m-%d %H:%M}.",
                hint=f"Run: python manage.py deliver_timelines. Last error: {oldest.error or '-'}",
                id="stream.W075",
            )
