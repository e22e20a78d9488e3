"""The system check of the old names."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from stream.contrib.actstream.managers import ActionManager
from stream.models import Action

PATH = "stream.contrib.actstream.managers.ActionManager"


def check_manager(**kwargs: Any) -> list[CheckMessage]:
    """Return E083 where the manager of actions does not know the old names."""
    if isinstance(Action.objects, ActionManager):
        return []
    return [
        Error(
            "Action.objects does not know the old names of django-activity-stream.",
            hint=f'Write STREAM_ACTION_MANAGER = "{PATH}", or name a subclass of it.',
            obj=Action,
            id="stream.E083",
        )
    ]
