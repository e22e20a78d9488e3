"""Measuring: the contenders take turns, so that what slows the machine slows all of them."""

from __future__ import annotations

import cProfile
import gc
import io
import itertools
import pstats
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

WARM_UPS = 2
FEWEST, MOST = 5, 100  # rounds


@dataclass
class Timing:
    """What each round of one contender took, in milliseconds."""

    rounds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def p90(self) -> float:
        ordered = sorted(self.rounds)
        return ordered[min(len(ordered) - 1, round(0.9 * len(ordered)))]


def measure(
    runs: dict[str, Callable[[], float]],
    budget: float,
    rounds: int | None = None,
    warm_ups: int = WARM_UPS,
) -> dict[str, Timing]:
    """Time all runs by turns, for about ``budget`` seconds or so many rounds.

    A run returns the seconds it took, so that it may leave out what it cleans up.
    """
    started = time.perf_counter()
    for _ in range(warm_ups):
        for run in runs.values():
            run()
    per_round = (time.perf_counter() - started) / warm_ups
    rounds = rounds or max(FEWEST, min(MOST, int(budget / max(per_round, 1e-6))))
    timings = {name: Timing() for name in runs}
    names = list(runs)
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            first = turn % len(names)  # nobody always comes after the slowest
            for name in itertools.chain(names[first:], names[:first]):
                timings[name].rounds.append(runs[name]() * 1000)
    finally:
        gc.enable()
    return timings


def timed(function: Callable[[], object]) -> Callable[[], float]:
    """Make a run of a function."""

    def run() -> float:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started

    return run


def profile(function: Callable[[], object], times: int = 50, lines: int = 30) -> str:
    """Return where the time of a function goes, by what each function takes itself."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(times):
        function()
    profiler.disable()
    out = io.StringIO()
    pstats.Stats(profiler, stream=out).strip_dirs().sort_stats("tottime").print_stats(lines)
    return out.getvalue()
