"""Notifications, the inbox of each recipient, and what recipients mute."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core import checks
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from stream.arc import ExactCharField, RelatedName
from stream.models import Action
from stream.notifications.inbox import INBOX, Inbox
from stream.notifications.keys import Cascade, CascadeKey, UnreadIndex
from stream.notifications.query import NotificationQuerySet

__all__ = ["Inbox", "Mute", "Notification"]


class Notification(models.Model):
    """An action delivered to a recipient, once.

    Keys go up, in the order of delivery. ``seen_at`` and ``read_at`` are empty where all were
    marked at once: see ``is_seen``, ``is_read`` and ``NotificationFeed``, which fills them in.
    ``datetime`` is when it was delivered.
    """

    # The constraint and the indexes below begin with them.
    recipient = CascadeKey(
        settings.AUTH_USER_MODEL,
        related_name=RelatedName("stream_notifications"),
        db_index=False,
        verbose_name=_("recipient"),
    )
    action = CascadeKey(
        Action, related_name=RelatedName("notifications"), db_index=False, verbose_name=_("action")
    )
    group = models.BigIntegerField(_("group"), editable=False)
    datetime = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects: ClassVar[Any] = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["action", "recipient"], name="stream_notified_once"),
            Cascade(field="action", name="stream_notified_action"),
            Cascade(field="recipient", name="stream_notified_recipient"),
        ]
        indexes = [
            models.Index(fields=["recipient", "id"], name="stream_notified"),
            models.Index(fields=["recipient", "group", "id"], name="stream_notified_group"),
            UnreadIndex(
                fields=["recipient", "id", "seen_at"],
                condition=models.Q(read_at__isnull=True),
                name="stream_notified_unread",
            ),
        ]

    def __str__(self) -> str:
        return str(self.action)

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        # MariaDB ignores the condition (W037), but the index has read_at there.
        return [each for each in super().check(**kwargs) if each.id != "models.W037"]

    @property
    def is_seen(self) -> bool:
        """Whether the recipient has seen it. Reads the inbox where it is not loaded."""
        return self.is_read or self.seen_at is not None or self.pk <= self.inbox.seen_up_to

    @property
    def is_read(self) -> bool:
        """Whether the recipient has read it. Reads the inbox where it is not loaded."""
        return self.read_at is not None or self.pk <= self.inbox.read_up_to

    @cached_property
    def inbox(self) -> Inbox:
        """The recipient's inbox; ``select_related("recipient__stream_inbox")`` loads it."""
        return getattr(self.recipient, INBOX, None) or Inbox(user_id=self.recipient_id)


class Mute(models.Model):
    """A user wants no notifications of a verb, or none of an object, whatever role it has."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        related_name=RelatedName("stream_mutes"),
        db_index=False,  # the constraint indexes it
        db_constraint=False,  # but the database deletes it: Cascade
        verbose_name=_("user"),
    )
    verb = ExactCharField(_("verb"), max_length=255, blank=True)
    # By name: keys of all registered models would need migrations of the project.
    model = ExactCharField(_("model"), max_length=100, blank=True)
    object_id = ExactCharField(_("key"), max_length=255, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "verb", "model", "object_id"], name="stream_muted_once"
            ),
            Cascade(field="user", name="stream_muted_user"),
        ]

    def __str__(self) -> str:
        return self.verb or f"{self.model} {self.object_id}"
