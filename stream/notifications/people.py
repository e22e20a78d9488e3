"""The language and the time zone of a user, where the user model has such fields."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_supported_language_variant


def language_of(user: Any) -> str:
    """Return what the field ``language`` says, if the site speaks it, or the site's language."""
    chosen = getattr(user, "language", None)
    try:
        return get_supported_language_variant(str(chosen)) if chosen else settings.LANGUAGE_CODE
    except (LookupError, ValueError):  # unknown, or too long
        return settings.LANGUAGE_CODE


def time_zone_of(user: Any) -> dt.tzinfo:
    """Return what the field ``time_zone`` or ``timezone`` says, or the site's time zone."""
    chosen = getattr(user, "time_zone", None) or getattr(user, "timezone", None)
    try:
        return zoneinfo.ZoneInfo(str(chosen)) if chosen else timezone.get_default_timezone()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return timezone.get_default_timezone()
