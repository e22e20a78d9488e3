"""The one place that knows the follow app, found by its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from follow.models import Follow


def follow_model(call: str) -> type[Follow]:
    """Return the model of follows. Raises ImproperlyConfigured, beginning with ``call``."""
    try:
        model: type[Follow] = apps.get_model("follow", "Follow")
    except LookupError:
        raise ImproperlyConfigured(
            f"{call}: nobody can follow anything yet; add 'follow' to INSTALLED_APPS."
        ) from None
    return model
