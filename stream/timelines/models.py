"""What stored timelines need in the database of the actions: narrow rows, one index each.

No foreign key has a constraint or an index of its own: the tables of actions, follows and users
are the truth, and what is read is checked against them.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Else Django would take them for models of the app "stream".
if not apps.is_installed("stream.timelines"):
    raise ImproperlyConfigured(
        "stream.timelines: the app is not installed; add 'stream.timelines' to INSTALLED_APPS."
    )


def _user(**kwargs: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("user"),
        **kwargs,
    )


class Entry(models.Model):
    """An action that may be on a user's timeline."""

    pk = models.CompositePrimaryKey("user", "datetime", "action")
    user = _user(on_delete=models.CASCADE)
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
    """A user's timeline. From its row on, entries are added; from ``built_at`` on, it is read.

    Whatever of the feed is newer than ``floor`` has an entry; where it is null, all of it.
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
    """A followed object with so many followers that its actions are joined when they are read.

    ``is_ending`` is set while its actions are copied in again: they are joined and fanned out.
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


class Job(models.Model):
    """Something to do, written in the transaction that made it necessary; done, it is deleted."""

    class Kind(models.TextChoices):
        FAN_OUT = "fan_out", _("fan out actions")
        COPY_IN = "copy_in", _("copy in a followee's actions")
        PURGE = "purge", _("take out what is followed no more")
        BUILD = "build", _("build a timeline")
        UNJOIN = "unjoin", _("store a joined object's actions again")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    data = models.JSONField(_("data"), default=dict, encoder=DjangoJSONEncoder)
    cursor = models.JSONField(_("progress"), null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    touched_at = models.DateTimeField(_("last progress"), default=timezone.now)
    attempts = models.PositiveIntegerField(_("failed attempts"), default=0)
    error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("timeline job")
        verbose_name_plural = _("timeline jobs")
        indexes = [models.Index(fields=["touched_at"], name="stream_timelines_job_touched")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
