"""The cases that read a home feed: its rows, its pages and its groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from benchmarks.contenders.page import SIZE
from benchmarks.dataset import FollowSet
from benchmarks.equality import DifferentPageError, PageCase
from benchmarks.feeds import floor, ours, ours_groups
from benchmarks.feeds.dataset import FeedsDataset
from benchmarks.results import FLOOR, OURS, OURS_JOIN, OURS_REDIS, PLAIN

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
            yield f"groups-{each.name}", partial(_make_groups, each)


def _make_groups(follow_set: FollowSet) -> PageCase:
    """The groups of a home feed beside its plain page, both by the join."""
    user = follow_set.user
    pages = {OURS: ours_groups.page(user), PLAIN: ours.page(OURS_JOIN, user)}
    case = GroupCase(f"{SIZE} groups of a home feed, {follow_set.title} follows", pages)
    case.found, case.expected = ours_groups.found(user), ours_groups.defined(user)
    return case


def _make(what: str, follow_set: FollowSet, with_redis: bool) -> PageCase:
    names = [OURS, OURS_REDIS, OURS_JOIN] if with_redis else [OURS, OURS_JOIN]
    read, by_hand = (ours.rows, floor.rows) if what == "rows" else (ours.page, floor.page)
    pages = {name: read(name, follow_set.user) for name in names}
    pages[FLOOR] = by_hand(follow_set.user)
    title = {"rows": "rows of a home feed", "page": "page of a home feed"}[what]
    return PageCase(f"{title}, {follow_set.title} follows", pages)
