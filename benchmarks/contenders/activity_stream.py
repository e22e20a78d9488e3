"""django-activity-stream 2.0.0, by what its documentation tells people to call."""

from __future__ import annotations

from actstream import action
from actstream.models import (
    Action,
    action_object_stream,
    actor_stream,
    any_stream,
    target_stream,
    user_stream,
)

from benchmarks.app.models import PEER_MODELS as MODELS
from benchmarks.page import SIZE, GetPage, rendered

TIME = "timestamp"
STREAMS = {"actor": actor_stream, "target": target_stream, "action_object": action_object_stream}


def home(user_id: int) -> GetPage:
    return deep(user_id, 1)


def deep(user_id: int, number: int) -> GetPage:
    """The page of that number; by offset, since there is no other way."""
    user = MODELS["user"]._default_manager.get(pk=user_id)
    first = (number - 1) * SIZE
    return lambda: rendered(user_stream(user)[first : first + SIZE], TIME)


def of_object(role: str, model: str, key: int) -> GetPage:
    """The stream of an object in a role."""
    obj = MODELS[model]._default_manager.get(pk=key)
    return lambda: rendered(STREAMS[role](obj)[:SIZE], TIME)


def of_any(model: str, key: int) -> GetPage:
    """The stream of an object in any role."""
    obj = MODELS[model]._default_manager.get(pk=key)
    return lambda: rendered(any_stream(obj)[:SIZE], TIME)


def of_verb(verb: str) -> GetPage:
    """The first page of all public actions with a verb."""
    return lambda: rendered(Action.objects.public(verb=verb)[:SIZE], TIME)


class Writer:
    """Sends actions one by one; there is no way to send many."""

    def __init__(self) -> None:
        self.actor = MODELS["user"]._default_manager.get(pk=1)
        self.roles = {
            "target": MODELS["repository"]._default_manager.get(pk=1),
            "action_object": MODELS["commit"]._default_manager.get(pk=1),
        }

    def send(self, count: int) -> None:
        for _ in range(count):
            action.send(self.actor, verb="pushed", **self.roles)
