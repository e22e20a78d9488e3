"""``DJANGO_NOTIFICATIONS_CONFIG``, as far as it says anything here."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from stream.contrib.old_modules import old_names

DEFAULTS = {"SOFT_DELETE": False, "NUM_TO_FETCH": 10}


def get_config() -> dict[str, Any]:
    """Return the old setting, with defaults."""
    return {**DEFAULTS, **getattr(settings, "DJANGO_NOTIFICATIONS_CONFIG", {})}


def deletes_softly() -> bool:
    """Tell whether the site puts notifications away where it says "delete"."""
    return bool(get_config()["SOFT_DELETE"])


__getattr__ = old_names(
    __name__, {"CONFIG_DEFAULTS": "stream.contrib.notifications.settings.DEFAULTS"}
)
