"""What sites import from ``base.models``: the handler, the queryset, and a model to extend."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from stream.contrib.notifications.handling import notify_handler
from stream.contrib.notifications.query import NotificationQuerySet

__all__ = ["NotificationQuerySet", "notify_handler"]


def __getattr__(name: str) -> Any:
    if name == "AbstractNotification":
        raise ImproperlyConfigured(
            "AbstractNotification: there is one table of notifications, which no model extends; "
            "keep what yours adds in notification.action.data, or in a model with "
            "models.OneToOneField('stream_notifications.Notification', models.CASCADE)"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
