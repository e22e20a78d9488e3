"""System checks of a site that moves from django-notifications-hq."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning

from stream.contrib.moving_checks import missing_addresses, old_keys
from stream.contrib.notifications.rows import NAME, NotificationsOf

SWAPPED = "NOTIFICATIONS_NOTIFICATION_MODEL"
OLD = "notifications.Notification"


def check_old_names(**kwargs: Any) -> list[CheckMessage]:
    """Return E084 for a model of the site, W082 where ``user.notifications`` is another's."""
    return list(_check())


NEEDED: list[tuple[str, list[Any], str]] = [
    (
        "stream_notifications:list",
        [],
        'path("notifications/", include("stream.notifications.urls"))',
    )
]


def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    """Return W084 where the old addresses lead to what is not included."""
    name = "stream.contrib.notifications.urls"
    return list(missing_addresses("notifications:all", name, NEEDED, "stream.W084"))


def check_keys(**kwargs: Any) -> list[CheckMessage]:
    """Return E074 for keys of the site to the old model."""
    new, stand_in = "stream_notifications.Notification", "stream.contrib.moving.old_notifications"
    return list(old_keys("notifications", new, stand_in))


def _check() -> Iterator[CheckMessage]:
    swapped = getattr(settings, SWAPPED, OLD)
    if swapped != OLD:
        yield Error(
            f"{SWAPPED} = {swapped!r}: a site has no model of its own for notifications here.",
            hint="Keep what it adds in notification.action.data, or in a model with a "
            "OneToOneField to 'stream_notifications.Notification'; then delete the setting.",
            id="stream.E084",
        )
    user = get_user_model()
    if not isinstance(user.__dict__.get(NAME), NotificationsOf):
        yield Warning(
            f"{user._meta.label}.{NAME} is not ours, but a relation or attribute of that name.",
            hint="Write user.stream_notifications for ours.",
            id="stream.W082",
        )
