"""Measuring timelines and notifications on one engine, in this process."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import partial

import django
from django.conf import settings

from benchmarks.options import feeds_dataset
from benchmarks.processes import Worker
from benchmarks.results import (
    FEEDS,
    FLOOR,
    HQ,
    OURS,
    RECORDED,
    STREAM_FRAMEWORK,
    Result,
    Results,
)
from benchmarks.run import is_wanted, result_of
from benchmarks.timing import WARM_UPS, measure, profile, timed

SLOW = 50_000  # followers, from which on Stream-Framework takes seconds for a round


def run(options: argparse.Namespace) -> Results:
    """Load what is not loaded yet, measure the wanted cases and return the results."""
    django.setup()
    from benchmarks import database
    from benchmarks.feeds import dataset as feeds_data, loading, redis_filling, stream_framework
    from benchmarks.machine import feeds_machine

    engine = options.engine[0]
    dataset = feeds_dataset(options)
    name = f"{FEEDS} {dataset.followers}, seed {options.seed}, {'with' if settings.HQ else 'no'} hq"
    database.prepare(name, partial(loading.load, dataset), [feeds_data, loading])
    results = Results(machine={f"{engine}, {FEEDS}": feeds_machine()})
    with (
        database.loaded_anew_if_interrupted(),
        redis_filling.filled(dataset) as with_redis,
        stream_framework.running(
            stream_framework.python(options.offline) if with_redis else None,
            *(settings.STREAM_REDIS_URL, settings.PREFIX),
        ) as peer,
    ):
        for each in _measure_all(options, peer, with_redis):
            _note_missing(each, peer, with_redis)
            shown = ", ".join(f"{who} {value:.3g}" for who, value in each.median.items())
            print(f"{engine} {each.case}: {shown}", file=sys.stderr, flush=True)
            results.add([each])
    if options.drop:
        database.drop()
    return results


def _note_missing(result: Result, peer: Worker | None, with_redis: bool) -> None:
    if result.kind in ("fanout", "timeline"):
        if not with_redis:
            result.notes.append("without Redis: it does not answer")
        if not peer:
            result.notes.append(f"without {STREAM_FRAMEWORK}: it does not run here")
    if result.kind == "notify" and not settings.HQ:
        result.notes.append(f"without {HQ}: it is not installed")


def _measure_all(
    options: argparse.Namespace, peer: Worker | None, with_redis: bool
) -> Iterator[Result]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from benchmarks.feeds import fanout, notifying, reading, stream_framework

    dataset = feeds_dataset(options)
    wanted = partial(is_wanted, options.case)
    make = partial(result_of, options.engine[0], dataset.actions)
    for case, make_page in reading.cases(dataset, with_redis):
        if not wanted(case):
            continue
        page_case = make_page()
        page_case.check()
        runs = {name: timed(get_page) for name, get_page in page_case.pages.items()}
        if peer and case.startswith("timeline-rows"):
            runs[STREAM_FRAMEWORK] = peer.run("read")
        timings = measure(runs, options.budget, options.rounds)
        result = make(case, page_case.title, timings, page_case.notes)
        for name in page_case.pages.keys() - {FLOOR}:  # past Django's cursors
            with CaptureQueriesContext(connection) as queries:
                page_case.pages[name]()
            result.queries[name] = len(queries)
        yield result
        if options.profile:
            print(profile(page_case.pages[OURS]), file=sys.stderr)
    for case, title, count, runs in fanout.cases(dataset, peer, with_redis):
        if wanted(case):
            warm_ups = 1 if count > SLOW or options.rounds else WARM_UPS
            timings = measure(runs, options.budget, options.rounds, warm_ups)
            result = make(case, title, timings, [])
            if not peer and count in stream_framework.RECORDED:
                result.median[RECORDED] = stream_framework.RECORDED[count]
                result.notes.append(f"recorded: {RECORDED} is no figure of this machine")
            yield result
            if options.profile:
                print(profile(runs[OURS], times=3), file=sys.stderr)
    yield from notifying.results(options, dataset, wanted, make)
