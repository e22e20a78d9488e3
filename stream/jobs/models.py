"""What all tables of jobs have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stream.jobs.conf import options


class Step(NamedTuple):
    """What a step has done. The cursor is None after the last step.

    ``after`` is called after the commit, without a transaction. If it raises, or is broken off, the
    step is repeated.
    """

    cursor: Any = None
    rows: int = 0
    after: Sequence[Callable[[], Any]] = ()


class GiveUpError(Exception):
    """A job cannot be done, now or later: it is not tried again."""


class TryLaterError(Exception):
    """A job failed, and is to be tried again, not before some seconds have passed."""

    def __init__(self, text: str, seconds: int = 0) -> None:
        super().__init__(text)
        self.seconds = seconds


def soon() -> dt.datetime:
    """Return when others may take up a job that makes no progress from now on."""
    return timezone.now() + dt.timedelta(seconds=options().retry_after)


class BaseJob(models.Model):
    """Work to do, written in the transaction that makes it necessary.

    Whoever runs a job has until ``due_at`` for the next step; later, others take it up. Without a
    time it is not tried again.
    """

    #: The path of a function of a job and a database that does the next step: see ``Step``.
    take_step: ClassVar[str]
    #: How often a job may fail; None for ever.
    attempts_at_most: ClassVar[int | None] = None
    #: How many jobs of one transaction the process that wrote them runs; None for all.
    in_process_at_most: ClassVar[int | None] = None

    cursor = models.JSONField(_("progress"), null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    due_at = models.DateTimeField(_("next attempt"), default=soon, null=True)
    is_held = models.BooleanField(_("is being done"), default=False)
    attempts = models.PositiveIntegerField(_("failed attempts"), default=0)
    error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        abstract = True

    @property
    def kind_of_work(self) -> str:
        """What the metrics and the log call it."""
        return type(self).__name__

    def finish(self) -> None:
        """Note that all is done: by default, delete the job."""
        self.delete()

    def give_up(self) -> None:
        """Note that it cannot be done. The row is saved afterwards."""
        self.due_at = None


def job_models() -> list[type[BaseJob]]:
    """Return the tables of jobs of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, BaseJob)]
