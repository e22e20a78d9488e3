"""Streams as functions: the same as the methods of ``Action.objects``.

Each returns a lazy queryset of public actions, newest first, whose objects are loaded by one query
for each model. Further keyword arguments filter it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.db.models import Model

if TYPE_CHECKING:
    from stream.actions.sending import ActionQuerySet
    from stream.models import Action

__all__ = [
    "action_object_stream",
    "actor_stream",
    "any_stream",
    "context_stream",
    "model_stream",
    "target_stream",
    "user_stream",
]


def _actions() -> ActionQuerySet[Action]:
    return cast("ActionQuerySet[Action]", apps.get_model("stream", "Action")._default_manager.all())


def actor_stream(obj: Model, **filters: Any) -> ActionQuerySet[Action]:
    """What an object does. Raises NotRegistered."""
    return _actions().actor_stream(obj, **filters)


def target_stream(obj: Model, **filters: Any) -> ActionQuerySet[Action]:
    """What is done to an object. Raises NotRegistered."""
    return _actions().target_stream(obj, **filters)


def action_object_stream(obj: Model, **filters: Any) -> ActionQuerySet[Action]:
    """What is done with an object. Raises NotRegistered."""
    return _actions().action_object_stream(obj, **filters)


def context_stream(obj: Model, **filters: Any) -> ActionQuerySet[Action]:
    """What happens in an object, such as a project. Raises NotRegistered."""
    return _actions().context_stream(obj, **filters)


def any_stream(obj: Model, **filters: Any) -> ActionQuerySet[Action]:
    """What an object takes part in, in any role. Raises NotRegistered."""
    return _actions().any_stream(obj, **filters)


def model_stream(model_or_obj: Any, **filters: Any) -> ActionQuerySet[Action]:
    """What objects of a model take part in, in any role. Raises NotRegistered."""
    return _actions().model_stream(model_or_obj, **filters)


def user_stream(
    user: Any,
    with_user_activity: bool | None = None,
    flag: str | None = None,
    since_follow: bool = False,
    **filters: Any,
) -> ActionQuerySet[Action]:
    """The home feed of a user; see ``Action.objects.user_stream``."""
    return _actions().user_stream(user, with_user_activity, flag, since_follow, **filters)
