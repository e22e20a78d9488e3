"""The managers by their old names. Safe to import before models are loaded."""

from __future__ import annotations

import copy
from typing import Any, Self, TypeVar

from django.db.models import Manager, Q

from stream.arc.models import ArcModel
from stream.base import BaseAction
from stream.contrib.actstream.decorators import stream
from stream.contrib.actstream.gfk import GFKManager
from stream.contrib.actstream.querysets import OldActionQuerySet, OldFollowQuerySet
from stream.contrib.actstream.registry import check
from stream.contrib.actstream.telling import old, quiet, tell
from stream.contrib.old_modules import old_names
from stream.managers import ActionManager as NewActionManager

__all__ = ["ActionManager", "FollowManager", "GFKManager", "check", "stream"]

_Action = TypeVar("_Action", bound=BaseAction)
_Follow = TypeVar("_Follow", bound=ArcModel)

_OldActions = NewActionManager.from_queryset(OldActionQuerySet)
_OldFollows = Manager.from_queryset(OldFollowQuerySet)


class ActionManager(_OldActions[_Action]):
    """Actions, with the streams by their old names; subclass it for custom streams."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__module__.startswith(("django.", "stream.")):
            tell(f"class {cls.__name__}(ActionManager)", "stream.managers.ActionManager")

    _has_messages = False

    def get_queryset(self) -> Any:
        """Actions without messages, which the old package had not among its actions."""
        rows = super().get_queryset()
        return rows if self._has_messages else rows.filter(is_message__isnull=True)

    def with_messages(self) -> Self:
        """Return a manager of all actions, messages too."""
        manager = copy.copy(self)
        manager._has_messages = True
        return manager

    def actor(self, obj: Any, **kwargs: Any) -> Any:
        """What an object does."""
        return self._stream("actor", "actor_stream", obj, **kwargs)

    def target(self, obj: Any, **kwargs: Any) -> Any:
        """What is done to an object."""
        return self._stream("target", "target_stream", obj, **kwargs)

    def action_object(self, obj: Any, **kwargs: Any) -> Any:
        """What is done with an object."""
        return self._stream("action_object", "action_object_stream", obj, **kwargs)

    def model_actions(self, model: Any, **kwargs: Any) -> Any:
        """What objects of a model take part in."""
        return self._stream("model_actions", "model_stream", model, **kwargs)

    def any(self, obj: Any, **kwargs: Any) -> Any:
        """What an object takes part in."""
        return self._stream("any", "any_stream", obj, **kwargs)

    def user(
        self,
        obj: Any,
        with_user_activity: bool = False,
        follow_flag: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The home feed of a user; without a flag, by follows of every kind."""
        kwargs |= {"with_user_activity": with_user_activity, "flag": follow_flag or None}
        return self._stream("user", "user_stream", obj, **kwargs)

    def _stream(self, name: str, new: str, obj: Any, **kwargs: Any) -> Any:
        tell(f"Action.objects.{name}(…)", f"Action.objects.{new}(…)")
        with quiet():
            offset, limit = kwargs.pop("_offset", None), kwargs.pop("_limit", None)
            if name == "user" and not obj:
                return self.none()
            check(obj)
            rows = getattr(self.all(), new)(obj, **kwargs)
            return rows[offset:limit] if offset or limit else rows


class FollowManager(_OldFollows[_Follow]):
    """Follows, found by the old names: a flag of "" stands for any, as it did."""

    def _rows(self) -> Any:
        return self.get_queryset()

    @old("Follow.objects.for_object(obj)", "Follow.objects.get_follows(obj)")
    def for_object(self, instance: Any, flag: str = "") -> Any:
        """Follows of an object."""
        check(instance)
        follows = self._rows().get_follows(instance)
        return follows.filter(flag=flag) if flag else follows

    def is_following(self, user: Any, instance: Any, flag: str | None = "") -> bool:
        """Tell whether a user follows an object."""
        if flag == "":
            tell(
                "Follow.objects.is_following(user, obj)",
                "flag=None for any follow; without it, it will be the plain follow alone",
            )
        with quiet():
            check(instance)
            return bool(self._rows().is_following(user or None, instance, flag or None))

    @old(
        "Follow.objects.followers_qs(obj)",
        'Follow.objects.get_follows(obj).select_related("user")',
    )
    def followers_qs(self, actor: Any, flag: str = "") -> Any:
        """Follows of an object, with their users."""
        return self.for_object(actor, flag).select_related("user")

    def followers(self, actor: Any, flag: str | None = None) -> Any:
        """The users who follow an object."""
        if flag == "":
            tell('Follow.objects.followers(obj, flag="")', "flag=None for any follow")
        with quiet():
            check(actor)
            return self._rows().followers(actor, flag or None)

    @old(
        "Follow.objects.following_qs(user)",
        "Follow.objects.filter(user=user).with_objects()",
    )
    def following_qs(self, user: Any, *models: Any, **kwargs: Any) -> Any:
        """What a user follows, as follows with their objects."""
        follows = self.filter(user=user)
        if models:
            wanted = Q()
            for model in models:
                check(model)
                wanted |= self._rows().model.target.q_model(model)
            follows = follows.filter(wanted)
        flag = kwargs.get("flag", "")
        return (follows.filter(flag=flag) if flag else follows).with_objects()

    def following(self, user: Any, *models: Any, flag: str | None = None) -> list[Any]:
        """The objects that a user follows, as a list."""
        if len(models) == 1:
            tell(
                "Follow.objects.following(user, Model)",
                "list(Follow.objects.all().following(user, Model)); it will be a queryset",
            )
        with quiet():
            follows = self.following_qs(user, *models, flag=flag or "")
            return [each.target for each in follows]


__getattr__ = old_names(__name__)
