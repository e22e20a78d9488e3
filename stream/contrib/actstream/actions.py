"""Following by the old names, with what they meant."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from stream.contrib.actstream.handling import action_handler
from stream.contrib.actstream.registry import check
from stream.contrib.actstream.signals import action
from stream.contrib.actstream.telling import old
from stream.contrib.old_modules import old_names
from stream.following import follow_model

__all__ = ["action_handler", "follow", "is_following", "unfollow"]


@old(
    "actstream.actions.follow(user, obj)",
    "follow.utils.follow(user, obj, flag, actor_only, send_action=True); without "
    "send_action=True it will write no action",
)
def follow(
    user: Any,
    obj: Any,
    send_action: bool = True,
    actor_only: bool = True,
    flag: str = "",
    **kwargs: Any,
) -> Any:
    """Make a user follow an object, and write the action "started following" of a new follow."""
    check(obj)
    follows: Any = follow_model("actstream.actions.follow()")._default_manager
    with transaction.atomic(using=follows.db):
        found, is_new = follows.get_or_create(
            user, obj, flag=flag, defaults={"actor_only": actor_only}
        )
        if is_new and send_action:
            action.send(user, verb=f"started {flag or 'following'}", target=obj, **kwargs)
    if found.actor_only != actor_only:
        found.actor_only = actor_only
        found.save(update_fields=["actor_only"])
    return found


@old(
    "actstream.actions.unfollow(user, obj)",
    "follow.utils.unfollow(user, obj, flag), which ends the follow of one flag; to end all, "
    "obj.get_follows().filter(user=user).delete()",
)
def unfollow(user: Any, obj: Any, send_action: bool = False, flag: str = "") -> None:
    """End the follow with a flag, or without one all follows of an object by a user."""
    check(obj)
    follows: Any = follow_model("actstream.actions.unfollow()")._default_manager
    ended = follows.all().get_follows(obj).filter(user=user)
    (ended.filter(flag=flag) if flag else ended).delete()
    if send_action:
        action.send(user, verb=f"stopped {flag or 'following'}", target=obj)


@old(
    "actstream.actions.is_following(user, obj)",
    "Follow.objects.is_following(user, obj, flag=None), or with the flag",
)
def is_following(user: Any, obj: Any, flag: str = "") -> bool:
    """Tell whether a user follows an object with a flag, or without one in any way."""
    follows: Any = follow_model("actstream.actions.is_following()")._default_manager
    check(obj)
    return bool(follows.all().is_following(user, obj, flag or None))


__getattr__ = old_names(__name__, {"settings": "stream.contrib.actstream.settings"})
