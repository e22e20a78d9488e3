"""Measuring one engine at one size, in this process. Reports progress on stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial

import django
from django.conf import settings

from benchmarks.options import dataset as make_dataset
from benchmarks.results import FLOOR, OURS, PEER, Result, Results
from benchmarks.timing import Timing, measure, profile, timed


def run(options: argparse.Namespace) -> Results:
    """Load what is not loaded yet, measure the wanted cases and return the results."""
    django.setup()
    from benchmarks import database, loading
    from benchmarks.machine import machine

    engine, actions = options.engine[0], options.actions[0]
    dataset = make_dataset(options)
    name = f"{actions} actions, seed {options.seed}, {'with' if settings.PEER else 'no'} peer"
    database.prepare(name, partial(loading.load, dataset, settings.PEER))
    database.delete_newer(actions)  # of a run that was interrupted
    results = Results(machine={engine: machine()})
    wanted = partial(is_wanted, options.case)
    for each in _measure_all(options, engine, wanted):
        if not settings.PEER:
            each.notes.append(f"without {PEER}: it is not installed")
        shown = ", ".join(f"{who} {value:.3g} {each.unit}" for who, value in each.median.items())
        print(f"{engine} {actions:,} {each.case}: {shown}", file=sys.stderr, flush=True)
        results.add([each])
    if options.drop:
        database.drop()
    return results


def is_wanted(patterns: list[str] | None, case: str) -> bool:
    return not patterns or any(fnmatch(case, pattern) for pattern in patterns)


def _measure_all(
    options: argparse.Namespace, engine: str, wanted: Callable[[str], bool]
) -> Iterator[Result]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from benchmarks import database, explain, reading, writing
    from benchmarks.many.site import measure_models

    actions = options.actions[0]
    for case, make in reading.cases(make_dataset(options)):
        page_case = make() if wanted(case) else None
        if page_case is None:
            continue
        page_case.check()
        runs = {name: timed(get_page) for name, get_page in page_case.pages.items()}
        timings = measure(runs, options.budget, options.rounds)
        result = result_of(engine, actions, case, page_case.title, timings, page_case.notes)
        for name in page_case.pages.keys() - {FLOOR}:  # past Django's cursors
            with CaptureQueriesContext(connection) as queries:
                page_case.pages[name]()
            result.queries[name] = len(queries)
        yield result
        if options.profile:
            print(profile(page_case.pages[OURS]), file=sys.stderr)
    if wanted("disk"):
        yield from _disk(engine, actions)
    if wanted("explain"):
        yield from explain.results(engine, make_dataset(options))
    has_written = False
    for case, title, writes in writing.cases(actions):
        if wanted(case):
            timings = measure(writes, options.budget, options.rounds)
            yield result_of(engine, actions, case, title, timings, [])
            has_written = True
    if has_written:
        database.analyze()
    yield from measure_models(options, engine, wanted)


def result_of(
    engine: str,
    actions: int,
    case: str,
    title: str,
    timings: dict[str, Timing],
    notes: list[str],
) -> Result:
    return Result(
        engine,
        actions,
        case,
        title,
        median={name: timing.median for name, timing in timings.items()},
        p90={name: timing.p90 for name, timing in timings.items()},
        rounds=min(len(timing.rounds) for timing in timings.values()),
        notes=notes,
    )


def _disk(engine: str, actions: int) -> Iterator[Result]:
    from benchmarks.database import bytes_of

    tables = {OURS: "stream_action"} | ({PEER: "actstream_action"} if settings.PEER else {})
    sizes = {name: bytes_of(table) for name, table in tables.items()}
    for number, case in enumerate(("disk-table", "disk-indexes", "disk")):
        median = {}
        for name, size in sizes.items():
            if size is not None:
                share = sum(size) if case == "disk" else size[number]
                median[name] = share / actions  # bytes an action are MB a million
        if median:
            of_what = {"disk": "table and indexes"}.get(case, case.removeprefix("disk-"))
            title = f"disk, {of_what}, MB a million actions"
            yield Result(engine, actions, case, title, unit="MB", median=median)
