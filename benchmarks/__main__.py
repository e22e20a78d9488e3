"""``python -m benchmarks``: measure engines and sizes, each in a process of its own, and report."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from benchmarks import report
from benchmarks.results import ENGINES, FEEDS, KINDS, MODELS, STREAMS, Results

MARIADB_MODELS = 20  # three keys for each, of the 64 that MariaDB allows a table


def parse(arguments: list[str]) -> argparse.Namespace:
    about = "Measure this project beside others and SQL by hand."
    parser = argparse.ArgumentParser("python -m benchmarks", description=about)
    add = parser.add_argument
    add("--engine", nargs="+", choices=list(ENGINES), default=["sqlite"], help="default: sqlite")
    add("--actions", nargs="+", type=int, default=[100_000], help="default: 100000")
    add("--only", choices=[STREAMS, FEEDS], help="feeds: timelines, notifications; default: both")
    followers = [1_000, 10_000, 100_000]
    add("--followers", nargs="+", type=int, default=followers, help="of who acts, to fan out to")
    add("--case", nargs="+", metavar="NAME", help="such as home-100 'deep-*' models-page disk")
    add("--json", type=Path, metavar="FILE", help="write the results there, beside older ones")
    add("--tables", type=Path, metavar="DIR", help="write Markdown tables there")
    add("--plots", type=Path, metavar="DIR", help="write SVG plots there")
    add("--models", nargs="+", type=int, default=[5, 20, 50, 100], help="registered, to compare")
    add("--rounds", type=int, help="of each case; by default as many as fit into --budget")
    add("--budget", type=float, default=5, metavar="SECONDS", help="for each case; default: 5")
    add("--profile", action="store_true", help="print where this project spends its time")
    add("--seed", type=int, default=1)
    add("--prefix", default="bench_stream", help="of the databases' names; default: bench_stream")
    add("--offline", action="store_true", help="install nothing: peers may be missing")
    add("--drop", action="store_true", help="drop the databases instead of keeping them")
    add("--report", action="store_true", help="measure nothing, show what --json holds")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    results = Results.read(options.json) if options.json else Results()
    shown = results if options.report else Results()
    for process in [] if options.report else processes(options):
        measured = measure({**vars(options), **process})
        for each in (results, shown):
            each.add(measured)
        if options.json:
            results.write(options.json)
    print(report.full(shown))
    if options.tables:
        report.write(results, options.tables)
    if options.plots:
        from benchmarks import plots

        plots.write(results, options.plots)


def processes(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """What each process measures: Django has one set of settings, and of models, in a process."""
    suites = {suite for suite in KINDS if is_wanted(suite, options.case)}
    if options.only:
        suites &= {FEEDS} if options.only == FEEDS else {STREAMS, MODELS}
    for engine in options.engine:
        for actions in options.actions:
            its = {"engine": engine, "actions": actions}
            if STREAMS in suites:
                yield {**its, "suite": STREAMS, "name": actions}
            for count in options.models if MODELS in suites else []:
                if engine != "mariadb" or count <= MARIADB_MODELS:
                    name = f"{count}_models"
                    yield {**its, "suite": MODELS, "name": name, "registered": count}
        if FEEDS in suites:
            actions = 2 * max(options.followers)
            yield {"engine": engine, "actions": actions, "suite": FEEDS, "name": FEEDS}


def is_wanted(suite: str, patterns: list[str] | None) -> bool:
    """Tell whether a pattern may be of a case of the suite, by the first word of both."""
    heads = [pattern.split("-")[0] for pattern in patterns or ["*"]]
    return any(fnmatch(kind, head) for kind in KINDS[suite] for head in heads)


def measure(options: dict[str, object]) -> Results:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "BENCH_OPTIONS": json.dumps({**options, "json": file}, default=str),
        }
        if subprocess.run([sys.executable, "-m", "benchmarks.run"], env=env).returncode:
            sys.exit("benchmarks: {suite} on {engine} failed".format(**options))
        return Results.read(file)


if __name__ == "__main__":
    main(sys.argv[1:])
