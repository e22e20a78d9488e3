"""Notifications, the inbox of each recipient, and what recipients mute."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from stream.arc import ExactCharField
from stream.models import Action
from stream.notifications.query import NotificationQuerySet

# Else Django would take them for models of the app "stream".
if not apps.is_installed("stream.notifications"):
    raise ImproperlyConfigured(
        "stream.notifications: the app is not installed; "
        "add 'stream.notifications' to INSTALLED_APPS."
    )


class Inbox(models.Model):
    """What is true of all notifications of a user at once: counters, and up to where all is read.

    ``delivered`` counts those ever delivered and numbers them. Those up to ``seen_up_to`` and
    ``read_up_to`` are seen and read, whatever their own columns say.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="stream_inbox",
        verbose_name=_("user"),
    )
    delivered = models.BigIntegerField(_("delivered"), db_default=0, editable=False)
    unseen = models.BigIntegerField(_("unseen"), db_default=0, editable=False)
    unread = models.BigIntegerField(_("unread"), db_default=0, editable=False)
    seen_up_to = models.BigIntegerField(_("seen up to"), db_default=0, editable=False)
    seen_up_to_at = models.DateTimeField(_("all seen at"), null=True, editable=False)
    read_up_to = models.BigIntegerField(_("read up to"), db_default=0, editable=False)
    read_up_to_at = models.DateTimeField(_("all read at"), null=True, editable=False)
    digest = models.BooleanField(
        _("digest"), db_default=True, help_text=_("Send digests of unread notifications by e-mail.")
    )
    digested_up_to = models.BigIntegerField(_("digested up to"), db_default=0, editable=False)

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")

    def __str__(self) -> str:
        return str(self.user)


class Notification(models.Model):
    """An action delivered to a recipient, once.

    ``number`` counts the notifications of the recipient. ``seen_at`` and ``read_at`` are empty
    where all were marked at once: see ``is_seen``, ``is_read`` and ``NotificationFeed``, which
    fills them in. ``datetime`` is when it was delivered.
    """

    # The unique constraints index both keys.
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="stream_notifications",
        db_index=False,
        verbose_name=_("recipient"),
    )
    number = models.BigIntegerField(_("number"), editable=False)
    action = models.ForeignKey(
        Action,
        models.CASCADE,
        related_name="notifications",
        db_index=False,
        verbose_name=_("action"),
    )
    group = models.BigIntegerField(_("group"), editable=False)
    datetime = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects: ClassVar[Any] = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        # Django deletes what goes along with users and actions by this manager, which keeps count.
        base_manager_name = "objects"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["action", "recipient"], name="stream_notified_once"),
            models.UniqueConstraint(fields=["recipient", "number"], name="stream_notified_number"),
        ]
        indexes = [
            models.Index(fields=["recipient", "group", "number"], name="stream_notified_group")
        ]

    def __str__(self) -> str:
        return str(self.action)

    @property
    def is_seen(self) -> bool:
        """Whether the recipient has seen it. Reads the inbox where it is not loaded."""
        return self.seen_at is not None or self.number <= self.inbox.seen_up_to

    @property
    def is_read(self) -> bool:
        """Whether the recipient has read it. Reads the inbox where it is not loaded."""
        return self.read_at is not None or self.number <= self.inbox.read_up_to

    @cached_property
    def inbox(self) -> Inbox:
        """The recipient's inbox; ``select_related("recipient__stream_inbox")`` loads it."""
        inbox: Inbox = self.recipient.stream_inbox
        return inbox

    def delete(self, using: str | None = None, keep_parents: bool = False) -> Any:
        """Delete it and take it off the recipient's counters."""
        using = using or self._state.db
        found: Any = Notification.objects.using(using).filter(pk=self.pk)
        return found.delete()


class Mute(models.Model):
    """A user wants no notifications of a verb, or none of an object, whatever role it has."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="stream_mutes",
        db_index=False,  # the constraint indexes it
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
        ]

    def __str__(self) -> str:
        return self.verb or f"{self.model} {self.object_id}"
