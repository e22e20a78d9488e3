"""Streams: views of the actions, as lazy querysets, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Model, Q

from stream.following import follow_model

if TYPE_CHECKING:
    from stream.query import ActionQuerySet


def user_stream(user: Model, **filters: Any) -> ActionQuerySet:
    """Return the public actions of all that a user follows, newest first, with their objects.

    A follow with ``actor_only`` shows what the object does, one without also what is done to it.
    Lazy; one query, plus one for each model on the page. Raises ImproperlyConfigured where the app
    ``follow`` is not installed.
    """
    action = apps.get_model("stream", "Action")
    follow = follow_model("user_stream()")
    follows = follow._default_manager.filter(user=user.pk).order_by()
    is_followed = Q(pk__in=[])
    for arc in action.arcs.values():
        in_reach = follows if arc.name == "actor" else follows.filter(actor_only=False)
        for model in {*arc.models, *follow.target.models}:  # one may hold the other's children
            column, followed = arc.find_field(model), follow.target.find_field(model)
            if column and followed:
                keys = in_reach.filter(**{f"{followed.name}__isnull": False})
                is_followed |= Q((f"{column.name}__in", keys.values(followed.name)))
    actions: ActionQuerySet = action.objects.public().filter(is_followed, **filters)
    return actions.with_objects()
