"""This project's notifications, by what its documentation tells people to call."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from benchmarks.contenders import ours
from benchmarks.page import SIZE, Page, rendered
from stream.models import Action
from stream.notifications import NotificationFeed, notify
from stream.notifications.models import Inbox, Notification
from stream.utils import action

TABLES = ("stream_notifications_notification", "stream_notifications_inbox")


class Notifier:
    """Sends an action and notifies of it."""

    def __init__(self, actor: User, recipients: list[User]) -> None:
        self.recipients = recipients
        self.roles = ours.roles(actor.pk)

    def send(self) -> None:
        notify(self.recipients, action.send(verb="pushed", **self.roles))


def last_key() -> int:
    """Return the key of the newest action."""
    key: int = Action.objects.latest("pk").pk
    return key


def sent(last: int) -> Any:
    """The notifications of actions that were sent after one."""
    return Notification.objects.filter(action__gt=last)


def delete_newer(last: int) -> None:
    Action.objects.filter(pk__gt=last).delete()


def page(user: User) -> Page:
    return rendered(each.action for each in NotificationFeed(user, unread=True).page(SIZE))


def groups(user: User) -> list[Any]:
    return list(NotificationFeed(user, unread=True).groups(SIZE))


def count(user: User) -> int:
    return NotificationFeed(user).unread_count


def badge(user: User) -> int:
    return NotificationFeed(user).count_unread(limit=100)


def mark_all(user: User) -> None:
    NotificationFeed(user).mark_read_all()


def unmark_all(user: User) -> None:
    """Take back what ``mark_all`` has written."""
    Inbox._default_manager.filter(user=user).update(seen_up_to=0, read_up_to=0)
