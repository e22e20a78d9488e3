"""Who to follow: those who acted last."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from stream.following import can_follow, follow_model, is_followable
from stream.models import Action

#: The actions that are looked at, the newest that the reader may see.
RECENT = 200


def active_lately(reader: Any, size: int = 24) -> list[Any]:
    """Return those who acted last, the latest first, who can be followed and are not the reader.

    They are marked as ``Follow.objects.mark`` does. Of the newest 200 actions that the reader may
    see; the queries are those of a page, and one more for readers who are signed in.
    """
    found: dict[Model, None] = {}
    actions = Action.objects.visible_to(reader).defer("data").with_objects()
    for action in actions.page(RECENT):
        actor = action.actor
        if actor is not None and actor != reader and is_followable(actor):
            found[actor] = None
        if len(found) == size:
            break
    return marked(reader, list(found))


def suggestions(reader: Any, size: int = 5) -> list[Any]:
    """Return some of those who acted last and whom the reader does not follow."""
    return [each for each in active_lately(reader, RECENT) if not each.is_followed][:size]


def marked(reader: Any, objects: list[Any]) -> list[Any]:
    """Mark objects for the buttons to follow them, and as ``can_follow`` those that have one."""
    follows = follow_model("marked")._default_manager
    for obj in objects:
        obj.can_follow = can_follow(reader, obj)
    follows.mark(reader, [obj for obj in objects if is_followable(obj)])
    return objects
