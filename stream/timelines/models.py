"""The tables of stored timelines, in the database of the actions: narrow rows, one index each.

No foreign key has a constraint or its own index. The tables of actions, follows and users are the
truth: entries are checked against them when they are read.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from stream.jobs.models import BaseJob

# Otherwise Django would take these for models of the app "stream".
if not apps.is_installed("stream.timelines"):
    raise ImproperlyConfigured(
        "stream.timelines: the app is not installed; add 'stream.timelines' to INSTALLED_APPS."
    )


class Entry(models.Model):
    """An action that may be on a user's timeline."""

    pk = models.CompositePrimaryKey("user", "datetime", "action")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("user"),
    )
    datetime = models.DateTimeField(_("time"))
    # DO_NOTHING lets Django delete actions without loading them.
    action = models.ForeignKey(
        "stream.Action",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("action"),
    )

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.action_id}"


class State(models.Model):
    """A user's timeline. Entries are added once it has a row; it is read once ``built_at`` is set.

    All actions of the feed that are newer than ``floor`` have an entry; null means all of them.
    """

    user: Any = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("user"),
    )
    store = models.CharField(_("store"), max_length=20)
    floor = models.DateTimeField(_("complete since"), null=True)
    built_at = models.DateTimeField(_("built at"), null=True)
    is_stale = models.BooleanField(_("to be rebuilt"), default=False)

    class Meta:
        verbose_name = _("timeline")
        verbose_name_plural = _("timelines")

    def __str__(self) -> str:
        return str(self.user_id)


class Joined(models.Model):
    """An object with so many followers that its actions are joined when a timeline is read.

    ``is_ending`` is set while its actions are copied in again: then they are joined and fanned out.
    """

    followed = models.CharField(_("column"), max_length=63)
    object_key = models.CharField(_("key"), max_length=191)
    is_ending = models.BooleanField(_("is ending"), default=False)

    class Meta:
        verbose_name = _("joined object")
        verbose_name_plural = _("joined objects")
        constraints = [
            models.UniqueConstraint(
                fields=["followed", "object_key"], name="stream_timelines_joined_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.followed} {self.object_key}"


class Job(BaseJob):
    """Work on timelines to do, deleted when it is done."""

    class Kind(models.TextChoices):
        FAN_OUT = "fan_out", _("fan out actions")
        COPY_IN = "copy_in", _("copy in a followee's actions")
        PURGE = "purge", _("take out what is followed no more")
        BUILD = "build", _("build a timeline")
        UNJOIN = "unjoin", _("store a joined object's actions again")

    take_step = "stream.timelines.steps.take_step"

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    data = models.JSONField(_("data"), default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("timeline job")
        verbose_name_plural = _("timeline jobs")
        indexes = [models.Index(fields=["due_at"], name="stream_timelines_job_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def kind_of_work(self) -> str:
        return self.kind
