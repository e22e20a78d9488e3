"""The models and streams by their old names. Importing it gives the rows their old attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from follow.models import Follow as NewFollow
from stream.contrib.actstream import rows
from stream.contrib.actstream.managers import FollowManager
from stream.contrib.actstream.telling import quiet, tell
from stream.contrib.old_modules import old_names
from stream.models import Action as NewAction

__all__ = [
    "action_object_stream",
    "actor_stream",
    "any_stream",
    "followers",
    "following",
    "model_stream",
    "target_stream",
    "user_stream",
]

__getattr__ = old_names(
    __name__,
    {
        "Action": "stream.models.Action",
        "Follow": "follow.models.Follow",
        "actstream_settings": "stream.contrib.actstream.settings",
    },
)

rows.give_old_attributes(NewAction, NewFollow)
NewFollow._meta.local_managers[:] = []
NewFollow.add_to_class("objects", FollowManager())


def _stream(name: str, method: str) -> Callable[..., Any]:
    def stream(obj: Any, *args: Any, **kwargs: Any) -> Any:
        tell(f"actstream.models.{name}(…)", f"stream.streams.{name}(…)")
        with quiet():
            return getattr(NewAction.objects, method)(obj, *args, **kwargs)

    stream.__doc__ = f"The old ``{name}``, which takes ``_offset`` and ``_limit``, too."
    return stream


actor_stream = _stream("actor_stream", "actor")
target_stream = _stream("target_stream", "target")
action_object_stream = _stream("action_object_stream", "action_object")
model_stream = _stream("model_stream", "model_actions")
any_stream = _stream("any_stream", "any")
user_stream = _stream("user_stream", "user")


def followers(obj: Any, flag: str = "") -> Any:
    """The users who follow an object, as a queryset; without a flag in any way."""
    tell("actstream.models.followers(obj)", "Follow.objects.followers(obj), or with a flag")
    with quiet():
        return NewFollow.objects.followers(obj, flag)


def following(user: Any, *models: Any, flag: str = "") -> list[Any]:
    """The objects that a user follows, as a list; without a flag in any way."""
    tell(
        "actstream.models.following(user, …)",
        "list(Follow.objects.all().following(user, …)), with models and perhaps a flag",
    )
    with quiet():
        return NewFollow.objects.following(user, *models, flag=flag)  # type: ignore[no-any-return]
