"""System checks of the old names."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from stream.contrib.actstream.managers import ActionManager
from stream.contrib.moving_checks import missing_addresses, old_keys
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


NEEDED: list[tuple[str, list[Any], str]] = [
    ("stream:action", [1], 'path("stream/", include("stream.urls"))'),
    ("follow", ["app", "model", "1"], 'path("", include("follow.urls"))'),
    (
        "stream_syndication:token",
        [],
        'path("feeds/", include("stream.syndication.urls")), with "stream.syndication" in '
        "INSTALLED_APPS,",
    ),
]


def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    """Return W083 where the old addresses lead to what is not included."""
    name = "stream.contrib.actstream.urls"
    return list(missing_addresses("actstream", name, NEEDED, "stream.W083"))


def check_keys(**kwargs: Any) -> list[CheckMessage]:
    """Return E074 for keys of the site to the old models."""
    return list(old_keys("actstream", "stream.Action", "stream.contrib.moving.old_actstream"))
