"""Notifications: actions delivered to recipients, with what they have seen and read.

Importable before apps are loaded: ``from stream.notifications import notify, notify_on``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stream.notifications.batches import anotify_many, notify_many
    from stream.notifications.delivery import anotify, notify
    from stream.notifications.feed import NotificationFeed
    from stream.notifications.mutes import is_muted, mute, unmute
    from stream.notifications.retention import clear_notifications
    from stream.notifications.rules import notify_on

__all__ = [
    "NotificationFeed",
    "anotify",
    "anotify_many",
    "clear_notifications",
    "is_muted",
    "mute",
    "notify",
    "notify_many",
    "notify_on",
    "unmute",
]

_MODULES = {
    "NotificationFeed": "feed",
    "anotify": "delivery",
    "anotify_many": "batches",
    "clear_notifications": "retention",
    "is_muted": "mutes",
    "mute": "mutes",
    "notify": "delivery",
    "notify_many": "batches",
    "notify_on": "rules",
    "unmute": "mutes",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
