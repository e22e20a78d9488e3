"""Streams: views of the actions, as lazy querysets, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Model, Q

from stream.following import follow_model

if TYPE_CHECKING:
    from stream.query import ActionQuerySet


def user_stream(user: Model, **filters: Any) -> ActionQuerySet:
    """Return the public actions of all that a user follows, with their objects loaded.

    Lazy; one query, plus one for each model on the page. Raises ImproperlyConfigured where the app
    ``follow`` is not installed.
    """
    action = apps.get_model("stream", "Action")
    follow = follow_model("user_stream()")
    follows = follow._default_manager.filter(user=user.pk).order_by()
    by_followed = Q(pk__in=[])
    for model in {*action.actor.models, *follow.target.models}:  # one may hold the other's children
        actor, followed = action.actor.find_field(model), follow.target.find_field(model)
        if actor and followed:
            keys = follows.filter(**{f"{followed.name}__isnull": False}).values(followed.name)
            by_followed |= Q((f"{actor.name}__in", keys))
    actions: ActionQuerySet = action.objects.public().filter(by_followed, **filters)
    return actions.with_objects()
