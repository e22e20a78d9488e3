"""Measuring: the contenders take turns, so that what slows the machine slows all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping

WARM_UPS = 2
FEWEST, MOST = 5, 100  # rounds


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
