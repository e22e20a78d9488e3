"""Measures one suite on one engine at one size, in this process. Reports progress on stderr."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings


def run(options: SimpleNamespace) -> None:
    """Load what is not loaded yet, measure the wanted cases and write their results."""
    from benchmarks import database
    from benchmarks.machine import machine
    from benchmarks.results import FEEDS, Results

    suite = import_module(f"benchmarks.suites.{options.suite}")
    results = Results()
    with ExitStack() as stack:
        for name, prepare in suite.table(options, stack):
            if options.case and not any(fnmatch(name, each) for each in options.case):
                continue
            for case in prepare():
                each = case.measure(options.engine, options.actions, options.budget, options.rounds)
                results.put([each])
                shown = ", ".join(f"{who} {value:.3g}" for who, value in each.median.items())
                where = f"{options.engine} {options.actions:,} {each.case}"
                print(f"{where}: {shown} {each.unit}", file=sys.stderr, flush=True)
                if options.profile and case.acts:
                    case.profile()
    its = f", {FEEDS}" if options.suite == FEEDS else ""
    results.machine = {f"{options.engine}{its}": machine()}
    results.write(Path(options.json))
    if options.drop:
        database.drop()


if __name__ == "__main__":
    django.setup()
    run(SimpleNamespace(**settings.OPTIONS))
