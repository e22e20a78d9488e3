"""This project's timelines and groups, by what its documentation tells people to call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS
from django.test import override_settings
from django.utils.module_loading import import_string

from benchmarks.contenders.ours import roles
from benchmarks.page import SIZE, GetPage, Line, rendered
from benchmarks.results import OURS, OURS_JOIN, OURS_REDIS
from stream.feeds import GroupBy
from stream.jobs.running import run_job
from stream.streams import user_stream
from stream.timelines import get_timeline
from stream.timelines.models import Job
from stream.utils import action

TIMELINES = {
    OURS: "stream.timelines.TableTimeline",
    OURS_REDIS: "stream.timelines.RedisTimeline",
    OURS_JOIN: "stream.timelines.JoinTimeline",
}
MOST_ROWS = 1000  # of a group, as by default
Stream = Callable[[], Any]


@contextmanager
def timeline(name: str, deliver: str = "after_commit") -> Iterator[Any]:
    """Let a contender's timeline be that of the site, which fans out to everybody."""
    settings = {
        "STREAM_TIMELINE": TIMELINES[name],
        "STREAM_TIMELINE_OPTIONS": {"join_above": None},
        "STREAM_JOBS": {"deliver": deliver},
    }
    with override_settings(**settings):
        yield get_timeline()


def build(user: User) -> None:
    """Store the timeline of a user."""
    its: Any = get_timeline()
    its.begin(user.pk, DEFAULT_DB_ALIAS)  # whose job is run when it is committed


class Author:
    """A user who acts."""

    def __init__(self, user_id: int) -> None:
        self.roles = roles(user_id)

    def send(self, name: str) -> float:
        """Send an action that is fanned out when it is committed; return the seconds of both."""
        with timeline(name):
            started = time.perf_counter()
            action.send(verb="pushed", **self.roles)
            return time.perf_counter() - started

    def fan_out(self, name: str) -> float:
        """Send an action, then run its job; return the seconds of the job."""
        with timeline(name, deliver="command"):
            action.send(verb="pushed", **self.roles)
            (key,) = Job._base_manager.values_list("pk", flat=True)
            started = time.perf_counter()
            run_job(Job, key)
            return time.perf_counter() - started


def page(name: str, user_id: int) -> GetPage:
    """The first page of a home feed, with its objects, rendered."""
    its, user = _reader(name, user_id)
    return lambda: rendered(its.page(user_stream(user), SIZE))


def rows(name: str, user_id: int) -> GetPage:
    """The rows of the first page alone, and the one more that tells of a next page."""
    its, user = _reader(name, user_id)

    def read() -> list[Any]:
        stream = user_stream(user)
        stream._objects_from = None  # no public way: nobody shows a page without its objects
        if not its.is_stored:
            return stream.beyond(None, False, SIZE + 1)
        stored: list[Any] | None = its._stored_actions(stream, None, False, SIZE + 1)
        if stored is None:
            raise LookupError(f"{name}: the timeline of {user} is not stored")
        return stored

    return lambda: [Line(each.pk, "") for each in read()[:SIZE]]


def _reader(name: str, user_id: int) -> tuple[Any, User]:
    # An instance of its own: to choose one by the settings is no part of a page.
    return import_string(TIMELINES[name])(), User.objects.get(pk=user_id)


# Groups


def groups(stream: Stream, key: tuple[str, ...]) -> GetPage:
    """The first page of groups, in words."""
    return lambda: [Line(each.newest.pk, str(each)) for each in stream().grouped(*key).page(SIZE)]


def found(stream: Stream, key: tuple[str, ...]) -> list[tuple[int, int]]:
    """The newest action of each group on the page, and how many actions it counts."""
    groups = stream().grouped(*key).page(SIZE)
    return [(each.newest.pk, each.action_count) for each in groups]


def defined(stream: Stream, key: tuple[str, ...]) -> list[tuple[int, int]]:
    """The same by the definition: the actions one by one, from the newest on."""
    by = GroupBy(*key)
    groups: dict[object, list[int]] = {}  # where it begins, its newest action, its actions
    for index, row in enumerate(islice(stream().iterator(1000), 2 * MOST_ROWS)):
        its_key = by.key_of(row)
        if index < MOST_ROWS and len(groups) < SIZE:
            groups.setdefault(its_key, [index, row.pk, 0])
        if its_key in groups and index < groups[its_key][0] + MOST_ROWS:
            groups[its_key][2] += 1
    return [(newest, count) for _, newest, count in groups.values()]
