"""Following. All views answer 404 if the app ``follow`` is not installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import mixins
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from stream import following
from stream.api.base import BaseViewSet, follow_model
from stream.api.fields import NewFollowSerializer
from stream.api.objects import NOT_FOUND, labels
from stream.api.params import CheckParams, FlagParams, FollowParams
from stream.api.representation import FollowingSerializer, FollowSerializer, HiddenObject
from stream.arc import Arc
from stream.arc.requests import (
    clean_key,
    find_model,
    find_object,
    find_stored,
    find_to_follow,
)
from stream.arc.rules import concrete_model
from stream.arc.visibility import visible_objects


class FollowBase(BaseViewSet):
    """The base of these views: the follows, and what can be followed."""

    write_scope = "stream_follow"

    @property
    def follows(self) -> Any:
        """All follows."""
        return follow_model()._default_manager.all()

    def get_queryset(self) -> Any:
        # Permissions look at its model, before the parameters are checked.
        return self.follows

    @property
    def arc(self) -> Arc:
        """The arc of what is followed."""
        arc: Arc = follow_model().target
        return arc

    def followed_model(self, label: str, name: str) -> type[Model]:
        """Return the model that a parameter names, or answer 400."""
        model = find_model(label, [self.arc])
        if not model:
            known = labels([self.arc]) or "none"
            raise ValidationError({name: [f"No type that can be followed. Known here: {known}."]})
        return model


class FollowViewSet(FollowBase):
    """The signed-in user's following of one object; ``flag`` tells kinds of following apart."""

    operation = "follow"
    permission_classes = [IsAuthenticated]
    query = dict.fromkeys(("retrieve", "create", "destroy"), FlagParams)
    bodies = {"create": NewFollowSerializer}
    statuses = {"destroy": 204}

    def get_serializer_class(self) -> Any:
        return FollowSerializer if self.action == "create" else FollowingSerializer

    def retrieve(self, request: Request, app: str, model: str, pk: str) -> Response:
        """Tell whether you follow an object."""
        pair = self.named_model([self.arc]), self.key
        return Response(answers(self.follows, request.user, self.params["flag"], [pair])[0])

    def create(self, request: Request, app: str, model: str, pk: str) -> Response:
        """Follow an object; if you do already, only ``actor_only`` may change."""
        followed = self.named_model([self.arc])
        obj = find_to_follow(followed, self.key, request.user)
        if obj is None:
            raise NotFound(NOT_FOUND)
        reach = self.body()["actor_only"]
        if not self.follows.has_room(request.user, obj, self.params["flag"]):
            raise ValidationError({"flag": [_("You follow this in too many ways.")]})
        utils, flag = following.follow_utils("stream.api"), self.params["flag"]
        follow = utils.follow(
            request.user, obj, flag, reach, send_action=utils.sends_action(obj, flag)
        )
        target = find_object(followed, self.key, request.user) or HiddenObject(followed, obj.pk)
        return Response(self.get_serializer(shown(follow, follow.user, target)).data)

    def destroy(self, request: Request, app: str, model: str, pk: str) -> Response:
        """Follow an object no longer, even one that you may not view any more, if you do."""
        obj = find_stored(self.named_model([self.arc]), self.key)
        if obj is not None:
            following.follow_utils("stream.api").unfollow(request.user, obj, self.params["flag"])
        return Response(status=204)


class FollowChecks(FollowBase):
    """Whether the signed-in user follows each of many objects."""

    operation = "follows"
    permission_classes = [IsAuthenticated]
    pagination_class: Any = None
    serializer_class = FollowingSerializer
    query = {"check": CheckParams}

    def check(self, request: Request) -> Response:
        """Tell of each object whether you follow it, in the order of the parameters."""
        pairs = []
        for name in self.params["object"]:
            label, colon, key = name.partition(":")
            if not colon:
                raise ValidationError({"object": ["Write an object as app.model:key."]})
            pairs.append((self.followed_model(label, "object"), key))
        return Response(answers(self.follows, request.user, self.params["flag"], pairs))


class FollowList(mixins.ListModelMixin, FollowBase):
    """Follows, newest first."""

    serializer_class = FollowSerializer
    query = {"list": FollowParams}
    known: tuple[Model, ...] = ()
    shows_hidden = False

    def filter_queryset(self, queryset: Any) -> Any:
        follows = self.get_follows()
        if "flag" in self.params:
            follows = follows.filter(flag=self.params["flag"])
        if "type" in self.params:
            model = self.followed_model(self.params["type"], "type")
            follows = follows.filter(self.arc.q_model(model))
        return follows

    def get_follows(self) -> Any:
        """Return the follows to choose from."""
        raise NotImplementedError(f"{type(self).__name__}.get_follows(): return the follows")

    def paginate_queryset(self, queryset: Any) -> Any:
        return self.described(super().paginate_queryset(queryset) or [])

    def described(self, follows: Iterable[Any]) -> list[dict[str, Any]]:
        """Return what is shown of some follows: one query for each model on the page.

        Objects that the reader may not view are left out, or shown as hidden ones.
        """
        named = []
        wanted: dict[type[Model], set[Any]] = {}
        people = concrete_model(get_user_model())
        for follow in follows:
            target: Any = self.arc.model_and_key(follow)
            pair = (people, follow.user_id), target
            named.append((follow, *pair))
            for model, pk in pair:
                wanted.setdefault(model, set()).add(pk)
        visible: dict[Any, Any] = {}
        for model, keys in wanted.items():
            known = {obj.pk: obj for obj in self.known if isinstance(obj, model)}
            missing = [pk for pk in keys if pk not in known]
            objects = visible_objects(model, self.request.user).in_bulk(missing) if missing else {}
            visible |= {(model, pk): obj for pk, obj in {**objects, **known}.items()}
        return [
            shown(
                follow,
                visible.get(user, HiddenObject(*user)),
                visible.get(target, HiddenObject(*target)),
            )
            for follow, user, target in named
            if self.shows_hidden or (user in visible and target in visible)
        ]


class OwnFollows(FollowList):
    """What the signed-in user follows, also what they may not view any more."""

    operation = "follows"
    permission_classes = [IsAuthenticated]
    shows_hidden = True

    def get_follows(self) -> Any:
        user: Any = self.request.user
        self.known = (user,)
        return self.follows.filter(user=user)


class Followers(FollowList):
    """Who follows an object, as far as you may view them: a page may hold fewer."""

    operation = "followers"

    def get_follows(self) -> Any:
        obj = self.named_object(self.named_model([self.arc]))
        self.known = (obj,)
        return self.follows.get_follows(obj)


class Following(FollowList):
    """What a user follows, as far as you may view it: a page may hold fewer."""

    operation = "following"

    def get_follows(self) -> Any:
        people = get_user_model()
        if (self.kwargs["app"], self.kwargs["model"]) != tuple(people._meta.label_lower.split(".")):
            raise NotFound(_("Only users follow."))
        user = self.named_object(people)
        self.known = (user,)
        return self.follows.filter(user=user)


def shown(follow: Any, user: Any, target: Any) -> dict[str, Any]:
    """Return what is shown of a follow, with its objects or hidden ones."""
    return {
        "user": user,
        "target": target,
        "flag": follow.flag,
        "actor_only": follow.actor_only,
        "datetime": follow.datetime,
    }


def answers(
    follows: Any, user: Any, flag: str, pairs: list[tuple[type[Model], str]]
) -> list[dict[str, Any]]:
    """Tell which objects a user follows, but not whether they exist. One query."""
    keyed = [(model, text, clean_key(model, text)) for model, text in pairs]
    objects = [model(pk=key) for model, _, key in keyed if key is not None]
    marked = iter(follows.mark(user, objects, flag))
    return [
        {
            "type": concrete_model(model)._meta.label_lower,
            "id": text,
            "following": key is not None and next(marked).is_followed,
        }
        for model, text, key in keyed
    ]
