"""This project, by what its documentation tells people to call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F

from benchmarks.app.models import MODELS
from benchmarks.page import SIZE, GetPage, rendered
from stream import streams
from stream.models import Action
from stream.testing import override_options
from stream.utils import action


def home(user_id: int) -> GetPage:
    """The first page by a slice."""
    user = User.objects.get(pk=user_id)
    return lambda: rendered(streams.user_stream(user)[:SIZE])


class ByPage:
    """The same by ``page()``."""

    @staticmethod
    def home(user_id: int) -> GetPage:
        return deep(user_id, 1)


def deep(user_id: int, number: int) -> GetPage:
    """The page of that number, by its cursor."""
    user = User.objects.get(pk=user_id)
    cursor = None
    for _ in range(number - 1):
        cursor = streams.user_stream(user).page(SIZE, after=cursor).next
    return lambda: rendered(streams.user_stream(user).page(SIZE, after=cursor))


def guarded(user_id: int, rule: Callable[..., Any]) -> GetPage:
    """The first page, where a rule says which users and repositories the reader may know of."""
    get = deep(user_id, 1)

    def get_guarded() -> Any:
        with (
            override_options(User, visible_to=rule),
            override_options(MODELS["repository"], visible_to=rule),
        ):
            return get()

    return get_guarded


def hides_few(options: Any, objects: Any, reader: Any) -> Any:
    return objects.exclude(pk=reader.pk + 1)


def hides_half(options: Any, objects: Any, reader: Any) -> Any:
    return objects.alias(remainder=F("pk") % 2).filter(remainder=reader.pk % 2)


def of_object(role: str, model: str, key: int) -> GetPage:
    """The stream of an object in a role."""
    obj = MODELS[model]._default_manager.get(pk=key)
    stream = getattr(streams, f"{role}_stream")
    return lambda: rendered(stream(obj)[:SIZE])


def at_once(user_id: int) -> GetPage:
    """The stream of somebody with many actions at one instant."""
    return of_object("actor", "user", user_id)


def of_any(model: str, key: int) -> GetPage:
    """The stream of an object in any role."""
    obj = MODELS[model]._default_manager.get(pk=key)
    return lambda: rendered(streams.any_stream(obj).page(SIZE))


def of_actors(keys: Sequence[int]) -> GetPage:
    """The stream of several users."""
    users = list(User.objects.filter(pk__in=keys))
    actors = Action.objects.get_for_actors
    return lambda: rendered(actors(users).public().with_objects().page(SIZE))


def of_verb(verb: str) -> GetPage:
    """The first page of all actions with a verb."""
    return lambda: rendered(Action.objects.filter(verb=verb).public().with_objects().page(SIZE))


def roles(actor: int = 1) -> dict[str, Any]:
    """The objects of an action that is sent, the same for all contenders."""
    keys = {"actor": ("user", actor), "target": ("repository", 1), "action_object": ("commit", 1)}
    return {role: MODELS[model]._default_manager.get(pk=key) for role, (model, key) in keys.items()}


class Writer:
    """Sends actions, the same that the other contenders write."""

    def __init__(self) -> None:
        self.roles = roles()

    def send(self, count: int) -> None:
        for _ in range(count):
            action.send(verb="pushed", **self.roles)

    def send_many(self, count: int) -> None:
        action.send_many({"verb": "pushed", **self.roles} for _ in range(count))
