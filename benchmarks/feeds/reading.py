"""The cases that read a home feed: its rows, its pages and its groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from django.contrib.auth.models import User

from benchmarks.contenders.page import SIZE, rendered
from benchmarks.dataset import FollowSet
from benchmarks.equality import DifferentPageError, PageCase
from benchmarks.feeds import floor, ours, ours_groups
from benchmarks.feeds.dataset import FeedsDataset
from benchmarks.feeds.ours_groups import Stream
from benchmarks.results import FLOOR, OURS, OURS_JOIN, OURS_REDIS, PLAIN
from stream.streams import actor_stream, user_stream

GROUPED = (10, 100, 1000)  # follows
Make = Callable[[], PageCase]


@dataclass
class GroupCase(PageCase):
    """A page of groups: the key of the newest action of each, and how many there are."""

    found: list[tuple[int, int]] = field(default_factory=list)
    expected: list[tuple[int, int]] = field(default_factory=list)

    def check(self) -> None:
        """Raise DifferentPageError unless the groups are those of the plain definition."""
        if self.found != self.expected:
            raise DifferentPageError(f"{self.title}: {self.found}, not {self.expected}")
        self.notes.append(f"{len(self.found)} groups")


def cases(dataset: FeedsDataset, with_redis: bool) -> Iterator[tuple[str, Make]]:
    """The names of the cases, each with the function that prepares it."""
    for what in ("rows", "page"):
        for each in dataset.follow_sets:
            if each.name.isdigit():
                yield f"timeline-{what}-{each.name}", partial(_make, what, each, with_redis)
    for each in dataset.follow_sets:
        if each.name.isdigit() and int(each.name) in GROUPED:
            stream = partial(user_stream, User(pk=each.user))
            for name, period in (("", "day"), ("-month", "month"), ("-all", None)):
                title = f"of a home feed, {each.title} follows"
                make = partial(_make_groups, title, stream, period)
                yield f"groups-{each.name}{name}", make
    stream = partial(actor_stream, User(pk=dataset.by_rank("user", 1)))
    for name, period in (("", "day"), ("-all", None)):
        yield f"groups-actor{name}", partial(_make_groups, "of a busy user", stream, period)


def _make_groups(title: str, stream: Stream, period: str | None) -> PageCase:
    """The groups of a stream beside its plain page, by verb alone where there is no period."""
    key = ("verb", "object", period) if period else ("verb",)
    pages = {
        OURS: ours_groups.page(stream, key),
        PLAIN: lambda: rendered(stream().page(SIZE)),
    }
    case = GroupCase(f"{SIZE} groups {title}, by {period or 'verb alone'}", pages)
    case.found, case.expected = ours_groups.found(stream, key), ours_groups.defined(stream, key)
    return case


def _make(what: str, follow_set: FollowSet, with_redis: bool) -> PageCase:
    names = [OURS, OURS_REDIS, OURS_JOIN] if with_redis else [OURS, OURS_JOIN]
    read, by_hand = (ours.rows, floor.rows) if what == "rows" else (ours.page, floor.page)
    pages = {name: read(name, follow_set.user) for name in names}
    pages[FLOOR] = by_hand(follow_set.user)
    title = {"rows": "rows of a home feed", "page": "page of a home feed"}[what]
    return PageCase(f"{title}, {follow_set.title} follows", pages)
