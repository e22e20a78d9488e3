"""Notifications: actions delivered to recipients, with what they have seen and read.

Importable before apps are loaded: ``from stream.notifications import notify, notify_on``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stream.notifications.batches import anotify_many, notify_many
    from stream.notifications.delivery import anotify, notify
    from stream.notifications.feed import NotificationFeed
    from stream.notifications.levels import Level
    from stream.notifications.messages import SYSTEM, asend_notification, send_notification
    from stream.notifications.mutes import is_muted, mute, unmute
    from stream.notifications.preferences import preferences_of, set_preference, unsubscribe
    from stream.notifications.retention import clear_notifications
    from stream.notifications.rules import notify_on

__all__ = [
    "SYSTEM",
    "Level",
    "NotificationFeed",
    "anotify",
    "anotify_many",
    "asend_notification",
    "clear_notifications",
    "is_muted",
    "mute",
    "notify",
    "notify_many",
    "notify_on",
    "preferences_of",
    "send_notification",
    "set_preference",
    "unmute",
    "unsubscribe",
]

_MODULES = {
    "Level": "levels",
    "SYSTEM": "messages",
    "NotificationFeed": "feed",
    "anotify": "delivery",
    "anotify_many": "batches",
    "asend_notification": "messages",
    "clear_notifications": "retention",
    "is_muted": "mutes",
    "mute": "mutes",
    "notify": "delivery",
    "notify_many": "batches",
    "notify_on": "rules",
    "preferences_of": "preferences",
    "set_preference": "preferences",
    "unsubscribe": "preferences",
    "send_notification": "messages",
    "unmute": "mutes",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
