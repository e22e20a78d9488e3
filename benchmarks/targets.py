"""What the project set out to reach, and whether the results say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.results import (
    FLOOR,
    OURS,
    OURS_PAGE,
    PAGES,
    PEER,
    STREAMS,
    TIMES,
    Results,
)

SIZE = 1_000_000  # where the targets hold


class Figure(NamedTuple):
    """What was compared, the ratio, and what it would be for SQL by hand."""

    title: str
    ratio: float
    by_hand: float | None = None


GetFigures = Callable[[Results, str, int], Iterator[Figure]]


@dataclass(frozen=True)
class Target:
    """A ratio to reach in every figure: at least ``bound``, or at most if ``at_most``."""

    title: str
    bound: float
    figures: GetFigures
    engines: tuple[str, ...] = ("postgresql", "sqlite", "mariadb")
    at_most: bool = True
    unit: str = TIMES

    @property
    def to_reach(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}{self.unit}"

    def worst(self, results: Results, engine: str, actions: int) -> Figure | None:
        """Return the figure that is furthest from the target, if any was measured."""
        pick = max if self.at_most else min
        return pick(
            self.figures(results, engine, actions), key=lambda each: each.ratio, default=None
        )

    def is_reached(self, figure: float) -> bool:
        return figure <= self.bound if self.at_most else figure >= self.bound


def pages_of_peer(results: Results, engine: str, actions: int) -> Iterator[Figure]:
    """Say how many times as long the peer takes, in each case that it has."""
    for each in results.cases(engine, actions, *PAGES):
        ratio = each.ratio(PEER)
        if ratio is not None:
            yield Figure(each.title, ratio, each.ratio(PEER, FLOOR))


def send_of_peer(results: Results, engine: str, actions: int) -> Iterator[Figure]:
    each = results.by_key.get((engine, actions, "send"))
    if each and PEER in each.median:
        yield Figure(each.title, each.median[PEER] / each.median[OURS], each.ratio(PEER, FLOOR))


def against_floor(results: Results, engine: str, actions: int) -> Iterator[Figure]:
    """Compare the first pages of home feeds with SQL by hand."""
    for each in results.cases(engine, actions, "home"):
        for name in (OURS, OURS_PAGE):
            ratio = each.ratio(name, FLOOR)
            if ratio is not None:
                yield Figure(each.title, ratio)


def ten_times_as_many(results: Results, engine: str, _actions: int) -> Iterator[Figure]:
    """Compare the pages of the largest two sizes of which one is ten times the other."""
    sizes = [actions for name, actions in results.runs(STREAMS) if name == engine]
    fewer = max((actions for actions in sizes if actions * 10 in sizes), default=0)
    more = {each.case: each for each in results.cases(engine, fewer * 10, *PAGES)}
    for each in results.cases(engine, fewer, *PAGES):
        if each.case in more:
            ratio = more[each.case].median[OURS] / each.median[OURS]
            yield Figure(f"{each.title}: {fewer * 10:,} / {fewer:,} actions", ratio)


def disk(results: Results, engine: str, actions: int) -> Iterator[Figure]:
    if each := results.by_key.get((engine, actions, "disk")):
        yield Figure(each.title, each.median[OURS])


TARGETS = [
    Target(f"{PEER} / any page", 1, pages_of_peer, at_most=False),
    Target("home feed / SQL by hand", 2, against_floor, ("postgresql",)),
    Target("home feed / SQL by hand", 2.5, against_floor, ("sqlite", "mariadb")),
    Target("ten times as many actions, any page", 1.3, ten_times_as_many),
    Target(f"{PEER} / send one by one", 1, send_of_peer, at_most=False),
    Target("disk", 226, disk, unit=" MB"),
]


def judge(results: Results) -> Iterator[tuple[Target, str, int, Figure | None]]:
    """Each target with the engine, the size and the figure furthest from it; None without one.

    At a million actions; for engines without a run of that size, at the sizes that there are.
    """
    runs = results.runs(STREAMS)
    for target in TARGETS:
        for engine, actions in runs:
            is_size = actions == SIZE or (engine, SIZE) not in runs
            if engine in target.engines and is_size:
                yield target, engine, actions, target.worst(results, engine, actions)
