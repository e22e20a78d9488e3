"""Who is told of an action may see it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from stream.notifications.models import Notification


def was_told(user: Any) -> Q:
    """Build the condition that an action was delivered to a user, by the index of both."""
    told = Notification._base_manager.filter(action=OuterRef("pk"), recipient=user.pk)
    return Q(Exists(told))
