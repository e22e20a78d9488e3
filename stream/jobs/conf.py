"""How jobs are run, read live so that ``override_settings`` works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from stream.conf import read_options, wrong_option

DELIVERIES = ("after_commit", "celery", "command")


@dataclass(frozen=True)
class Options:
    """What ``STREAM_JOBS`` says, or its defaults."""

    deliver: str = "after_commit"
    queue: str | None = None  # of Celery
    retry_after: int = 300  # seconds

    def __post_init__(self) -> None:
        if self.deliver not in DELIVERIES:
            raise _wrong("deliver", self.deliver, f"choose one of {', '.join(DELIVERIES)}")
        if self.queue is not None and not (isinstance(self.queue, str) and self.queue):
            raise _wrong("queue", self.queue, "write the name of a queue of Celery, or None")
        seconds = self.retry_after
        if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 1:
            raise _wrong("retry_after", seconds, "write a whole number from 1 on")


def options() -> Options:
    """Return ``STREAM_JOBS``. Raises ImproperlyConfigured."""
    return read_options("STREAM_JOBS", Options)


_wrong = partial(wrong_option, "STREAM_JOBS")


def check_jobs(**kwargs: Any) -> list[CheckMessage]:
    """Check the setting: E036 and E038."""
    return list(_check())


def _check() -> Iterator[CheckMessage]:
    try:
        how = options()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="stream.E038")
        return
    if how.deliver == "celery" and not find_spec("celery"):
        yield Error(
            "STREAM_JOBS['deliver'] = 'celery' needs the package celery.",
            hint="Run: pip install 'django-stream[celery]'",
            id="stream.E036",
        )
