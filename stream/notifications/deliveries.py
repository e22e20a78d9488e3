"""The outbox of channels: what is to be told to whom, and the log of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stream.arc import ExactCharField
from stream.jobs.models import BaseJob
from stream.notifications.keys import Cascade, CascadeKey
from stream.notifications.kinds import Frequency


class Delivery(BaseJob):
    """A notification on its way to a recipient by a channel; or a digest, without a notification.

    It is written in the transaction that delivers the notification, and kept as a log.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("not wanted any more")
        FAILED = "failed", _("failed")

    take_step = "stream.notifications.sending.take_step"
    attempts_at_most = 8
    in_process_at_most = 20

    channel = ExactCharField(_("channel"), max_length=50)
    recipient: Any = CascadeKey(
        settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("recipient")
    )
    notification: Any = CascadeKey(
        "stream_notifications.Notification",
        related_name="deliveries",
        null=True,
        verbose_name=_("notification"),
    )
    frequency = models.CharField(
        _("frequency"), max_length=10, choices=Frequency.choices, default=Frequency.NOW
    )
    address = models.BigIntegerField(_("address"), null=True)  # a key in the channel's table
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["due_at"], name="stream_delivery_due"),
            models.Index(fields=["ended_at"], name="stream_delivery_ended"),
        ]
        constraints = [
            Cascade(field="recipient", name="stream_delivery_recipient"),
            Cascade(field="notification", name="stream_delivery_notification"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def kind_of_work(self) -> str:
        return str(self.channel)

    def finish(self) -> None:
        if self.state == self.State.WAITING:
            self.state = self.State.SENT
        self._end()
        names = ("state", "ended_at", "due_at", "is_held", "attempts")
        rows = type(self)._base_manager.using(self._state.db).filter(pk=self.pk)
        rows.update(**{name: getattr(self, name) for name in names})  # it may be deleted by now

    def give_up(self) -> None:
        self.state = self.State.FAILED
        self._end()

    def _end(self) -> None:
        self.ended_at, self.due_at, self.is_held = timezone.now(), None, False


class Digest(models.Model):
    """Up to which notification a user has had digests of a channel, daily or weekly ones."""

    user: Any = CascadeKey(settings.AUTH_USER_MODEL, related_name="+", db_index=False)
    channel = ExactCharField(_("channel"), max_length=50)
    frequency = models.CharField(_("frequency"), max_length=10, choices=Frequency.choices)
    up_to = models.BigIntegerField(_("up to"), default=0)

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "frequency"], name="stream_digest_once"
            ),
            Cascade(field="user", name="stream_digest_user"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.frequency}"
