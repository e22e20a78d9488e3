"""The case of many registered models: a process for each number of them, taking turns."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.options import MARIADB_MODELS, environment
from benchmarks.processes import Worker, worker
from benchmarks.results import OURS, Result
from benchmarks.timing import measure

ORDERS = {"page": "home feed, first page", "create": "send, in one transaction"}


@contextmanager
def site(options: argparse.Namespace, engine: str, models: int) -> Iterator[Worker]:
    """Run a site with so many models; with ``--drop`` its database goes afterwards."""
    command = [sys.executable, "-m", "benchmarks.many.worker"]
    with worker(command, {**os.environ, **environment(options, engine, models)}) as running:
        yield running
        if options.drop:
            running.order("drop")


def measure_models(
    options: argparse.Namespace, engine: str, wanted: Callable[[str], bool]
) -> Iterator[Result]:
    """Measure each order on all sites, by turns."""
    orders = [order for order in ORDERS if wanted(f"models-{order}")]
    if not orders:
        return
    counts = [n for n in options.models if engine != "mariadb" or n <= MARIADB_MODELS]
    with ExitStack() as stack:
        sites = {n: stack.enter_context(site(options, engine, n)) for n in counts}
        for order in orders:
            runs = {str(n): each.run(order) for n, each in sites.items()}
            timings = measure(runs, options.budget, options.rounds)
            for n, timing in timings.items():
                yield Result(
                    engine,
                    options.actions[0],
                    f"models-{order}-{n}",
                    f"{ORDERS[order]}, {n} registered models",
                    median={OURS: timing.median},
                    p90={OURS: timing.p90},
                    rounds=len(timing.rounds),
                )
