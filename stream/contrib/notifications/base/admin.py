"""What sites import from ``base.admin``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from stream.contrib.old_modules import old_names

find = old_names(__name__)


def __getattr__(name: str) -> Any:
    if name == "AbstractNotificationAdmin":
        raise ImproperlyConfigured(
            "AbstractNotificationAdmin: the admin shows notifications by itself; to change it, "
            "write from stream.notifications.admin import NotificationAdmin"
        )
    return find(name)
