"""What the project set out to reach, and whether the results say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import NamedTuple

from benchmarks.results import (
    FEEDS,
    FLOOR,
    HQ,
    OURS,
    OURS_PAGE,
    OURS_REDIS,
    PEER,
    PEERS,
    RECORDED,
    STREAM_FRAMEWORK,
    STREAMS,
    Result,
    Results,
)

PostgreSQL, SQLite, ANY = "postgresql", "sqlite", "*"
TIMES = "\N{MULTIPLICATION SIGN}"
SIZE = 1_000_000  # where the targets hold
OBJECT_CASES = ("actor-*", "target-*", "action_object-*")


class Figure(NamedTuple):
    """What was compared, the ratio, and what it would be for SQL by hand."""

    title: str
    ratio: float
    by_hand: float | None = None


Figures = Iterator[Figure]


@dataclass(frozen=True)
class Target:
    """A ratio to reach in every figure: at least ``bound``, or at most if ``at_most``."""

    title: str
    engine: str
    bound: float
    figures: Callable[[Results, str, int], Figures]
    at_most: bool = False
    unit: str = TIMES

    @property
    def to_reach(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}{self.unit}"

    def worst(self, results: Results, engine: str, actions: int) -> Figure | None:
        """Return the figure that is furthest from the target, if any was measured."""
        figures = list(self.figures(results, engine, actions))
        pick = max if self.at_most else min
        return pick(figures, key=lambda each: each.ratio) if figures else None

    def is_reached(self, figure: float) -> bool:
        return figure <= self.bound if self.at_most else figure >= self.bound


def _matching(results: Results, engine: str, actions: int, *patterns: str) -> Iterator[Result]:
    for each in results.cases(engine, actions):
        if any(fnmatch(each.case, pattern) for pattern in patterns):
            yield each


def against(over: str, under: str, *patterns: str) -> Callable[[Results, str, int], Figures]:
    """Compare two contenders in each of the matching cases."""

    def figures(results: Results, engine: str, actions: int) -> Figures:
        for each in _matching(results, engine, actions, *patterns):
            ratio = each.ratio(over, under)
            if ratio is not None:
                by_hand = each.ratio(over, FLOOR) if over in PEERS else None
                yield Figure(each.title, ratio, by_hand)

    return figures


def figure_of(name: str, *patterns: str) -> Callable[[Results, str, int], Figures]:
    """Take the median of a contender as it is, in each of the matching cases."""

    def figures(results: Results, engine: str, actions: int) -> Figures:
        for each in _matching(results, engine, actions, *patterns):
            if name in each.median:
                yield Figure(each.title, each.median[name])

    return figures


def against_stream_framework(results: Results, engine: str, actions: int) -> Figures:
    for name in (STREAM_FRAMEWORK, RECORDED):
        yield from against(name, OURS, "fanout-*")(results, engine, actions)


def stored_rows(results: Results, engine: str, actions: int) -> Figures:
    for name in (OURS, OURS_REDIS):
        yield from figure_of(name, "timeline-rows-*")(results, engine, actions)


def between(over: str, under: str) -> Callable[[Results, str, int], Figures]:
    """Compare this project's medians of two cases."""

    def figures(results: Results, engine: str, actions: int) -> Figures:
        one, other = (results.get(engine, actions, case) for case in (over, under))
        if one and other and OURS in one.median and OURS in other.median:
            title = f"{one.title} / {other.title}"
            yield Figure(title, one.median[OURS] / other.median[OURS])

    return figures


def against_floor(results: Results, engine: str, actions: int) -> Figures:
    for name in (OURS, OURS_PAGE):
        yield from against(name, FLOOR, "home-*", "deep-*", *OBJECT_CASES)(results, engine, actions)


def ten_times_as_many(results: Results, engine: str, _actions: int) -> Figures:
    """Compare the pages of the largest two sizes of which one is ten times the other."""
    sizes = [actions for name, actions in results.runs() if name == engine]
    smaller = [actions for actions in sizes if actions * 10 in sizes]
    if not smaller:
        return
    fewer = max(smaller)
    for each in _matching(results, engine, fewer, "home-*", "deep-*", *OBJECT_CASES):
        more = results.get(engine, fewer * 10, each.case)
        if more and OURS in more.median and OURS in each.median:
            title = f"{each.title}: {fewer * 10:,} / {fewer:,} actions"
            yield Figure(title, more.median[OURS] / each.median[OURS])


TARGETS = [
    Target("home feed, first page", PostgreSQL, 5, against(PEER, OURS, "home-*")),
    Target("home feed, deep page", PostgreSQL, 50, against(PEER, OURS, "deep-*")),
    Target(
        "home feed, first page, 1000 and 5000 follows",
        *(SQLite, 25, against(PEER, OURS, "home-1000", "home-5000")),
    ),
    Target("home feed, 2 quiet follows", PostgreSQL, 50, against(PEER, OURS, "home-2-quiet")),
    Target("any page / SQL by hand", ANY, 1.5, against_floor, at_most=True),
    Target("ten times as many actions, any page", ANY, 1.3, ten_times_as_many, at_most=True),
    Target("5000 / 10 follows", ANY, 2, between("home-5000", "home-10"), at_most=True),
    Target(
        "100 / 5 registered models, page",
        *(ANY, 1.3, between("models-page-100", "models-page-5"), True),
    ),
    Target(
        "100 / 5 registered models, create",
        *(ANY, 1.3, between("models-create-100", "models-create-5"), True),
    ),
    Target("send one by one", ANY, 1, against(PEER, OURS, "send")),
    Target("send one by one / raw INSERT", ANY, 1.3, against(OURS, FLOOR, "send"), at_most=True),
    Target("send_many / one by one", PostgreSQL, 15, between("send", "send-many")),
    Target("streams of objects", PostgreSQL, 2.5, against(PEER, OURS, *OBJECT_CASES)),
    Target("disk", ANY, 226, figure_of(OURS, "disk"), at_most=True, unit=" MB"),
]


FEED_TARGETS = [
    Target("fan-out", ANY, 30, against_stream_framework),
    Target("fan-out / INSERT … SELECT", ANY, 1.3, against(OURS, FLOOR, "fanout-*"), at_most=True),
    Target("rows of a stored timeline", *(ANY, 1, stored_rows, True, " ms")),
    Target("notifications to 1000", ANY, 20, against(HQ, OURS, "notify-send-*")),
    Target("list of notifications", ANY, 10, against(HQ, OURS, "notify-list")),
    Target("count of unread", ANY, 10, against(HQ, OURS, "notify-count")),
    Target("mark all as read", ANY, 5, against(HQ, OURS, "notify-mark")),
    Target(
        "table after marking / before",
        *(ANY, 1.1, figure_of(OURS, "notify-growth"), True),
    ),
]


def judge(
    results: Results, suite: str = STREAMS
) -> Iterator[tuple[Target, str, int, Figure | None]]:
    """Each target with the engine, the size and the figure furthest from it; None without one.

    At a million actions; for engines without a run of that size, at the sizes that there are.
    """
    runs = results.runs()
    for target in FEED_TARGETS if suite == FEEDS else TARGETS:
        for engine, actions in runs:
            is_size = actions == SIZE or (engine, SIZE) not in runs
            if target.engine in (ANY, engine) and is_size:
                yield target, engine, actions, target.worst(results, engine, actions)
