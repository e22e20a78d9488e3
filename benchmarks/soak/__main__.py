"""``python -m benchmarks.soak``: let people be busy, kill, wait for the jobs, and compare."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.soak.options import TIMELINES, Options, parse


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started is ended
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.soak.settings",
        "BENCH_ENGINE": options.engine,
        "BENCH_NAME": f"bench_soak_{options.timeline}",
        "SOAK_TIMELINE": TIMELINES[options.timeline],
        "PYTHONPATH": os.getcwd(),
    }
    from benchmarks.soak import chaos

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        if options.broker == "rabbitmq":
            path.chmod(0o755)
        with chaos.servers(options, path) as servers:
            return soak(options, servers)


def soak(options: Options, servers: object) -> int:
    """Run everything; return 0 where all timelines are equal to the join in the end."""
    import django

    django.setup()
    from benchmarks.soak.chaos import Chaos
    from benchmarks.soak.people import Lags, People, database, wait_for_jobs
    from benchmarks.soak.report import Outcome, write
    from benchmarks.soak.site import Site
    from tests.scale import celery_app

    celery_app.app.set_current()
    assert isinstance(servers, Chaos)
    with database():
        site = Site(options)
        site.populate()
        with servers.with_workers(), Lags() as lags:
            begin = time.monotonic()
            with People(site):
                servers.kill_until(begin + options.minutes * 60)
            drained = wait_for_jobs(servers)
            # What a killed store has lost is built again when it is read.
            while not site.are_all_stored():
                drained += wait_for_jobs(servers)
        outcome = Outcome(options, site, servers.kills, lags.seconds, drained)
        outcome.differences = list(site.differences())
        write(outcome)
    return 1 if outcome.differences or site.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
