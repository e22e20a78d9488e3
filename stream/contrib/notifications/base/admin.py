"""What sites import from ``base.admin``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured


def __getattr__(name: str) -> Any:
    if name == "AbstractNotificationAdmin":
        raise ImproperlyConfigured(
            "AbstractNotificationAdmin: the admin shows notifications by itself; to change it, "
            "write from stream.notifications.admin import NotificationAdmin"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
