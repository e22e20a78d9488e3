"""``python -m benchmarks``: measure engines and sizes, each in a process of its own, and report."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.options import environment, parser
from benchmarks.results import FEEDS, STREAMS, Results


def main(arguments: list[str]) -> None:
    options = parser().parse_args(arguments)
    if options.child:
        os.environ.update(environment(options, options.engine[0]))
        if options.only == FEEDS:
            from benchmarks.feeds.run import run
        else:
            from benchmarks.run import run
        run(options).write(options.json)
        return
    results = Results.read(options.json) if options.json else Results()
    shown = Results() if not options.report else results
    for engine in [] if options.report else options.engine:
        runs = [] if options.only == FEEDS else [(STREAMS, actions) for actions in options.actions]
        runs += [] if options.only == STREAMS else [(FEEDS, options.actions[0])]
        for suite, actions in runs:
            measured = _measure(options, engine, suite, actions)
            for each in (results, shown):
                each.machine |= measured.machine
                each.add(measured.by_key.values())
            if options.json:
                results.write(options.json)
    _report(options, shown, results)


def _measure(options: argparse.Namespace, engine: str, suite: str, actions: int) -> Results:
    """Measure in a process of its own, since Django has one set of settings in a process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        command = [sys.executable, "-m", "benchmarks", "--child", "--json", file]
        command += ["--engine", engine, "--actions", actions, "--seed", options.seed]
        command += ["--prefix", options.prefix, "--budget", options.budget]
        command += ["--only", suite, "--models", *options.models]
        command += ["--followers", *options.followers]
        command += ["--case", *options.case] if options.case else []
        command += ["--rounds", options.rounds] if options.rounds else []
        command += ["--offline"] if options.offline else []
        command += ["--drop"] if options.drop else []
        command += ["--profile"] if options.profile else []
        if subprocess.run([str(each) for each in command]).returncode:
            sys.exit(f"benchmarks: {suite} on {engine} with {actions:,} actions failed")
        return Results.read(file)


def _report(options: argparse.Namespace, shown: Results, results: Results) -> None:
    from benchmarks import report

    print(report.full(shown))
    if options.tables:
        report.write(results, options.tables)
    if options.plots:
        from benchmarks import plots, plots_feeds

        plots.write(results, options.plots)
        plots_feeds.write(results, options.plots)


if __name__ == "__main__":
    main(sys.argv[1:])
