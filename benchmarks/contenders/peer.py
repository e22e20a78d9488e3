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

from benchmarks.app.peer_models import MODELS
from benchmarks.contenders.page import SIZE, GetPage, rendered

TIME = "timestamp"
STREAMS = {"actor": actor_stream, "target": target_stream, "action_object": action_object_stream}


def home(user_id: int, number: int = 1) -> GetPage:
    """The page of that number; by offset, since there is no other way."""
    user = MODELS["user"].objects.get(pk=user_id)
    first = (number - 1) * SIZE
    return lambda: rendered(user_stream(user)[first : first + SIZE], TIME)


def of_object(role: str, model: str, key: int) -> GetPage:
    """The stream of an object in a role."""
    obj = MODELS[model].objects.get(pk=key)
    return lambda: rendered(STREAMS[role](obj)[:SIZE], TIME)


def of_any(model: str, key: int) -> GetPage:
    """The stream of an object in any role."""
    obj = MODELS[model].objects.get(pk=key)
    return lambda: rendered(any_stream(obj)[:SIZE], TIME)


def of_verb(verb: str) -> GetPage:
    """The first page of all public actions with a verb."""
    return lambda: rendered(Action.objects.public(verb=verb)[:SIZE], TIME)


class Writer:
    """Sends actions one by one; there is no way to send many."""

    def __init__(self) -> None:
        self.actor = MODELS["user"].objects.get(pk=1)
        self.roles = {
            "target": MODELS["repository"].objects.get(pk=1),
            "action_object": MODELS["commit"].objects.get(pk=1),
        }

    def send(self, count: int) -> None:
        for _ in range(count):
            action.send(self.actor, verb="pushed", **self.roles)
