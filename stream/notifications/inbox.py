"""The inbox of a user: up to where all notifications are seen and read."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext_lazy as _

from stream.arc import RelatedName
from stream.notifications.keys import Cascade

# Otherwise Django would take these for models of the app "stream".
if not apps.is_installed("stream.notifications"):
    raise ImproperlyConfigured(
        "stream.notifications: the app is not installed; "
        "add 'stream.notifications' to INSTALLED_APPS."
    )

INBOX = RelatedName("stream_inbox")  # of a user


class Inbox(models.Model):
    """Marks of a user: the keys of notifications up to which all are read or seen.

    It holds no counts. A user who has marked nothing has no inbox.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        primary_key=True,
        related_name=INBOX,
        db_constraint=False,  # the database deletes it: see Cascade
        verbose_name=_("user"),
    )
    seen_up_to = models.BigIntegerField(_("seen up to"), default=0, db_default=0, editable=False)
    seen_up_to_at = models.DateTimeField(_("all seen at"), null=True, editable=False)
    read_up_to = models.BigIntegerField(_("read up to"), default=0, db_default=0, editable=False)
    read_up_to_at = models.DateTimeField(_("all read at"), null=True, editable=False)

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")
        constraints = [Cascade(field="user", name="stream_inbox_user")]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def not_read(self) -> dict[str, Any]:
        """The lookups of those of the user's notifications that are not read."""
        return {"read_at__isnull": True, **above(self.read_up_to)}

    @property
    def not_seen(self) -> dict[str, Any]:
        """The lookups of those of the user's notifications that are not seen, and so not read."""
        up_to = max(self.read_up_to, self.seen_up_to)
        return {"read_at__isnull": True, "seen_at__isnull": True, **above(up_to)}


def inbox_of(user: Any, using: str) -> Inbox:
    """Return the inbox of a user; an unsaved one if the user has marked nothing. One query."""
    inboxes = Inbox._default_manager.using(using)
    return inboxes.filter(pk=user.pk).first() or Inbox(pk=user.pk)


def above(up_to: int) -> dict[str, int]:
    """Return the lookup of the keys above a mark."""
    return {"id__gt": up_to} if up_to else {}  # MariaDB has no key 0, and Django refuses it
