"""What sites import from ``base.models``: the handler, the queryset, and a model to extend."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from stream.contrib.notifications.handling import notify_handler
from stream.contrib.notifications.query import NotificationQuerySet
from stream.contrib.old_modules import old_names

__all__ = ["NotificationQuerySet", "notify_handler"]


find = old_names(
    __name__,
    {
        "id2slug": "stream.contrib.notifications.utils.id2slug",
        "is_soft_delete": "stream.contrib.notifications.settings.deletes_softly",
        "notifications_settings": "stream.contrib.notifications.settings",
        "notify": "stream.contrib.notifications.signals.notify",
    },
    {
        "Choices": "write model_utils.Choices",
        "EXTRA_DATA": "further arguments always stand in notification.action.data",
        "StrictVersion": "write packaging.version.Version",
        "assert_soft_delete": "deleted() and the like need no setting",
        "load_model": "write django.apps.apps.get_model(…)",
    },
)


def __getattr__(name: str) -> Any:
    if name == "AbstractNotification":
        raise ImproperlyConfigured(
            "AbstractNotification: there is one table of notifications, which no model extends; "
            "keep what yours adds in notification.action.data, or in a model with "
            "models.OneToOneField('stream_notifications.Notification', models.CASCADE)"
        )
    return find(name)
