"""A case: what each contender does, how it is checked, and how it is measured."""

from __future__ import annotations

import cProfile
import gc
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.results import FLOOR, OURS, Result

WARM_UPS = 2
FEWEST, MOST = 5, 100  # rounds


class DifferentError(AssertionError):
    """A contender has shown, counted or written something else than it was to."""


@dataclass
class Case:
    """What each contender does. An act that returns a float has measured its seconds itself."""

    name: str
    title: str
    acts: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    are_same: bool = False  # all contenders must return the same
    after: Callable[[str], object] = lambda who: None  # checks, and takes back: outside the time
    times: int = 1  # how often an act does it
    warm_ups: int = WARM_UPS
    unit: str = "ms"
    figures: dict[str, float] = field(default_factory=dict)  # of what is not timed
    notes: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise DifferentError unless all contenders return the same."""
        shown = {who: act() for who, act in self.acts.items()}
        shown = {who: each for who, each in shown.items() if not isinstance(each, float)}
        expected = FLOOR if FLOOR in shown else OURS
        for who, each in shown.items():
            if each != shown[expected]:
                differs = difference(each, shown[expected])
                raise DifferentError(f"{self.title}: {who} differs from {expected}: {differs}")
        if isinstance(shown[expected], list):
            self.notes.append(f"{len(shown[expected])} rows")

    def run(self, who: str) -> float:
        """Return the seconds that it took once."""
        started = time.perf_counter()
        returned = self.acts[who]()
        seconds = time.perf_counter() - started
        self.after(who)
        return (returned if isinstance(returned, float) else seconds) / self.times

    def queries(self) -> Iterator[tuple[str, int]]:
        """Tell how many queries each contender makes whose queries Django sees."""
        for who, act in self.acts.items():
            with CaptureQueriesContext(connection) as queries:
                returned = act()
            self.after(who)
            if who != FLOOR and not isinstance(returned, float):
                yield who, len(queries)

    def measure(self, engine: str, actions: int, budget: float, rounds: int | None) -> Result:
        result = Result(engine, actions, self.name, self.title, self.unit, self.figures)
        result.notes = self.notes
        if self.acts:
            if self.are_same:
                self.check()
            runs = {who: partial(self.run, who) for who in self.acts}
            taken = measure(runs, budget, rounds, self.warm_ups)
            result.median = {who: statistics.median(each) for who, each in taken.items()}
            result.p90 = {who: p90(each) for who, each in taken.items()}
            result.rounds = min(len(each) for each in taken.values())
            result.queries = dict(self.queries()) if self.times == 1 else {}
        return result

    def profile(self) -> None:
        """Print where this project's time goes, by what each function takes itself."""
        with cProfile.Profile() as profiler:
            for _ in range(20):
                self.run(OURS)
        stats = pstats.Stats(profiler, stream=sys.stderr)
        stats.strip_dirs().sort_stats("tottime").print_stats(30)


# The names of cases, each with what prepares it: some make no case of it, some more than one.
Table = Iterator[tuple[str, Callable[[], Iterable[Case]]]]


def difference(shown: Any, expected: Any) -> str:
    if isinstance(shown, list):
        for number, (one, other) in enumerate(zip(shown, expected, strict=False), 1):
            if one != other:
                return f"row {number} is {one}, not {other}"
        return f"{len(shown)} rows, not {len(expected)}"
    return f"{shown}, not {expected}"


def measure(
    runs: Mapping[str, Callable[[], float]],
    budget: float,
    rounds: int | None = None,
    warm_ups: int = WARM_UPS,
) -> dict[str, list[float]]:
    """Time all runs by turns, for about ``budget`` seconds or so many rounds.

    A run returns the seconds it took, so that it may leave out what it cleans up. Returned are
    the milliseconds of each, sorted.
    """
    started = time.perf_counter()
    for _ in range(warm_ups):
        for run in runs.values():
            run()
    per_round = (time.perf_counter() - started) / warm_ups
    rounds = rounds or max(FEWEST, min(MOST, int(budget / max(per_round, 1e-6))))
    taken: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            first = turn % len(names)  # nobody always comes after the slowest
            for name in names[first:] + names[:first]:
                taken[name].append(runs[name]() * 1000)
    finally:
        gc.enable()
    return {name: sorted(each) for name, each in taken.items()}


def p90(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, round(0.9 * len(ordered)))]
