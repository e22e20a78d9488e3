"""django-notifications-hq 1.8.3, by what its documentation tells people to call."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from notifications.models import Notification
from notifications.signals import notify

from benchmarks.contenders import ours
from benchmarks.page import SIZE, Page, rendered

TABLES = ("notifications_notification",)


class Notifier:
    """Notifies of what somebody does; there is no action besides the notifications."""

    def __init__(self, actor: User, recipients: list[User]) -> None:
        self.recipients = recipients
        self.roles = ours.roles(actor.pk)
        self.actor = self.roles.pop("actor")

    def send(self) -> None:
        notify.send(self.actor, recipient=self.recipients, verb="pushed", **self.roles)


def last_key() -> int:
    """Return the key of the newest notification."""
    key: int = Notification.objects.latest("pk").pk
    return key


def sent(last: int) -> Any:
    """The notifications that were made after one."""
    return Notification.objects.filter(pk__gt=last)


def delete_newer(last: int) -> None:
    sent(last).delete()


def page(user: Any) -> Page:
    return rendered(user.notifications.unread()[:SIZE], "timestamp")


def count(user: Any) -> int:
    found: int = user.notifications.unread().count()
    return found


badge = count  # there is none that counts no further


def mark_all(user: Any) -> None:
    user.notifications.mark_all_as_read()


def unmark_all(user: Any) -> None:
    user.notifications.mark_all_as_unread()
