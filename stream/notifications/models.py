"""Notifications, the inbox of each recipient, and what recipients mute."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core import checks
from django.db import models, router
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from stream.arc import ExactCharField, RelatedName
from stream.models import Action
from stream.notifications.addresses import PushSubscription, Webhook
from stream.notifications.deliveries import Delivery, Digest
from stream.notifications.inbox import INBOX, Inbox
from stream.notifications.keys import Cascade, CascadeKey, UnreadIndex
from stream.notifications.kinds import Frequency, kind_of
from stream.notifications.levels import Level
from stream.notifications.marking import MarkableQuerySet

__all__ = [
    "Delivery",
    "Digest",
    "Inbox",
    "Mute",
    "Notification",
    "Preference",
    "PushSubscription",
    "Webhook",
]


class Notification(models.Model):
    """An action delivered to a recipient, once.

    Keys go up, in the order of delivery, and ``datetime`` is its time. ``seen_at`` and ``read_at``
    are empty if all were marked at once: see ``is_seen``, ``is_read`` and ``NotificationFeed``,
    which fills them in. What is archived is read. ``kind`` names the rule or call that delivered
    it, and so the reason.
    """

    # Without indexes: the constraint and the indexes below begin with the columns of both keys.
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
    # A number, 0 or 1: of a boolean, Django writes NOT, for which only PostgreSQL uses an index.
    archived = models.SmallIntegerField(_("archived"), default=0, db_default=0, editable=False)
    kind = ExactCharField(_("kind"), max_length=100, blank=True, default="", db_default="")
    level = models.SmallIntegerField(
        _("level"), choices=Level.choices, default=Level.INFO, db_default=Level.INFO.value
    )

    objects: ClassVar[Any] = MarkableQuerySet.as_manager()

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
            models.Index(fields=["recipient", "archived", "id"], name="stream_notified"),
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
        # MariaDB ignores conditions (W037); there the index has read_at instead.
        return [each for each in super().check(**kwargs) if each.id != "models.W037"]

    @property
    def is_seen(self) -> bool:
        """Whether the recipient has seen it. Reads the inbox unless it is loaded."""
        return self.is_read or self.seen_at is not None or self.pk <= self.inbox.seen_up_to

    @property
    def is_read(self) -> bool:
        """Whether the recipient has read it. Reads the inbox unless it is loaded."""
        return self.read_at is not None or self.pk <= self.inbox.read_up_to

    @property
    def level_name(self) -> str:
        """The level in lower case, such as "warning", which is a class in the templates."""
        return Level(self.level).name.lower()

    @property
    def reason(self) -> str:
        """Why it came, such as "because you follow fresh"; "" where the site does not say."""
        return kind_of(self.kind).reason_for(self.action)

    @property
    def is_archived(self) -> bool:
        """Whether the recipient has put it away; then it is read."""
        return bool(self.archived)

    def mark_read(self) -> bool:
        """Mark it as read; tell whether it was not."""
        return self._change("mark_read")

    def mark_unread(self) -> bool:
        """Mark it as unread; tell whether it was read."""
        return self._change("mark_unread")

    def archive(self) -> bool:
        """Put it away, as read; tell whether it was not."""
        return self._change("archive")

    def restore(self) -> bool:
        """Take it out of the archive; tell whether it was in it."""
        return self._change("restore")

    def _change(self, name: str) -> bool:
        rows: Any = type(self)._default_manager.using(self._state.db).filter(pk=self.pk)
        is_changed = bool(getattr(rows, name)())
        self.__dict__.pop("inbox", None)
        # The recipient has the inbox as it was.
        self.refresh_from_db(fields=["recipient", "seen_at", "read_at", "archived"])
        return is_changed

    @cached_property
    def inbox(self) -> Inbox:
        """The recipient's inbox; ``select_related("recipient__stream_inbox")`` loads it."""
        return getattr(self.recipient, INBOX, None) or Inbox(user_id=self.recipient_id)


class Mute(models.Model):
    """A user wants no notifications of a kind, of a verb, or of an object in any role."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        related_name=RelatedName("stream_mutes"),
        db_index=False,  # the constraint indexes it
        db_constraint=False,  # the database deletes it: see Cascade
        verbose_name=_("user"),
    )
    kind = ExactCharField(_("kind"), max_length=100, blank=True, default="", db_default="")
    verb = ExactCharField(_("verb"), max_length=255, blank=True)
    # By name: foreign keys to all registered models would need migrations in the project.
    model = ExactCharField(_("model"), max_length=100, blank=True)
    object_id = ExactCharField(_("key"), max_length=255, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "verb", "model", "object_id"], name="stream_muted_once"
            ),
            Cascade(field="user", name="stream_muted_user"),
        ]

    def __str__(self) -> str:
        return self.kind or self.verb or f"{self.model} {self.object_id}"


class Preference(models.Model):
    """How often a channel tells a user of a kind of notifications; "*" stands for all others."""

    user: Any = CascadeKey(
        settings.AUTH_USER_MODEL,
        related_name=RelatedName("stream_preferences"),
        db_index=False,  # the constraint indexes it
        verbose_name=_("user"),
    )
    kind = ExactCharField(_("kind"), max_length=100, blank=True)
    channel = ExactCharField(_("channel"), max_length=50)
    frequency = models.CharField(_("frequency"), max_length=10, choices=Frequency.choices)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "channel"], name="stream_preferred_once"
            ),
            Cascade(field="user", name="stream_preferred_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}: {self.frequency}"


def database_of(obj: Any) -> str:
    """Return the database of the notifications of a user or an action."""
    return router.db_for_write(Notification, instance=obj)
