"""This project, by what its documentation tells people to call."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Model

from benchmarks.app.models import Comment, Commit, Repository
from benchmarks.contenders.page import SIZE, GetPage, rendered
from stream import streams
from stream.models import Action
from stream.utils import action

MODELS: dict[str, type[Model]] = {
    "user": User,
    "repository": Repository,
    "commit": Commit,
    "comment": Comment,
}
HAS_PAGES = hasattr(Action.objects.all(), "page")


def home(user_id: int) -> GetPage:
    """The first page by a slice."""
    user = User.objects.get(pk=user_id)
    return lambda: rendered(streams.user_stream(user)[:SIZE])


def home_page(user_id: int) -> GetPage | None:
    """The first page by ``page()``, where streams have it."""
    user = User.objects.get(pk=user_id)
    if not HAS_PAGES:
        return None
    return lambda: rendered(streams.user_stream(user).page(SIZE))


def deep(user_id: int, number: int) -> GetPage:
    """The page of that number, by its cursor where streams have pages, else by a slice."""
    user = User.objects.get(pk=user_id)
    if not HAS_PAGES:
        first = (number - 1) * SIZE
        return lambda: rendered(streams.user_stream(user)[first : first + SIZE])
    cursor = None
    for _ in range(number - 1):
        cursor = streams.user_stream(user).page(SIZE, after=cursor).next
    return lambda: rendered(streams.user_stream(user).page(SIZE, after=cursor))


def of_object(role: str, model: str, key: int) -> GetPage:
    """The stream of an object in a role."""
    obj = MODELS[model]._default_manager.get(pk=key)
    stream = getattr(streams, f"{role}_stream", None)
    if stream is None:
        get = getattr(Action.objects, f"get_for_{role}")
        return lambda: rendered(get(obj).public().with_objects()[:SIZE])
    return lambda: rendered(stream(obj)[:SIZE])


def of_any(model: str, key: int) -> GetPage:
    """The stream of an object in any role."""
    obj = MODELS[model]._default_manager.get(pk=key)
    return lambda: rendered(streams.any_stream(obj).page(SIZE))


def of_actors(keys: list[int]) -> GetPage:
    """The stream of several users."""
    users = list(User.objects.filter(pk__in=keys))
    actions = Action.objects
    return lambda: rendered(actions.get_for_actors(users).public().with_objects().page(SIZE))


def of_verb(verb: str) -> GetPage:
    """The first page of all actions with a verb."""
    return lambda: rendered(Action.objects.filter(verb=verb).public().with_objects().page(SIZE))


class Writer:
    """Sends actions, the same that the other contenders write."""

    def __init__(self) -> None:
        self.roles = {
            "actor": User.objects.get(pk=1),
            "target": Repository.objects.get(pk=1),
            "action_object": Commit.objects.get(pk=1),
        }

    def send(self, count: int) -> None:
        for _ in range(count):
            action.send(verb="pushed", **self.roles)

    def send_many(self, count: int) -> None:
        action.send_many({"verb": "pushed", **self.roles} for _ in range(count))
