"""Pages of groups, such as "ann, bob and 3 others liked photo", beside a plain page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.contrib.auth.models import User

from benchmarks.case import Case, DifferentError, Table, difference
from benchmarks.contenders import ours_timelines as ours
from benchmarks.dataset import Dataset
from benchmarks.page import SIZE, rendered
from benchmarks.results import OURS, PLAIN
from stream.streams import actor_stream, user_stream

FOLLOWS = ("10", "100", "1000")
PERIODS = {"": "day", "-month": "month", "-all": None}


def table(data: Dataset) -> Table:
    for each in data.follow_sets:
        for suffix, period in PERIODS.items() if each.name in FOLLOWS else ():
            name, title = f"groups-{each.name}{suffix}", f"of a home feed, {each.title} follows"
            stream = partial(user_stream, User(pk=each.user))
            yield name, partial(grouped, name, title, stream, period)
    stream = partial(actor_stream, User(pk=data.by_rank("user", 1)))
    for name, period in (("groups-actor", "day"), ("groups-actor-all", None)):
        yield name, partial(grouped, name, "of a busy user", stream, period)


def grouped(name: str, title: str, stream: ours.Stream, period: str | None) -> Iterable[Case]:
    """Groups by verb and object in a period, or by verb alone."""
    key = ("verb", "object", period) if period else ("verb",)
    title = f"{SIZE} groups {title}, by {period or 'verb alone'}"
    found, expected = ours.found(stream, key), ours.defined(stream, key)
    if found != expected:
        raise DifferentError(f"{title}: {difference(found, expected)}")
    acts = {OURS: ours.groups(stream, key), PLAIN: lambda: rendered(stream().page(SIZE))}
    return [Case(name, title, acts, notes=[f"{len(found)} groups"])]
