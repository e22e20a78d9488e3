"""``python -m benchmarks.soak``: let people be busy, kill, wait for the jobs, and compare."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.soak import configure
from benchmarks.soak.chaos import Chaos, servers


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.soak", description=__doc__)

    def add(name: str, default: object, about: str, choices: list[str] | None = None) -> None:
        about = f"{about}; default: {default}"
        parser.add_argument(name, type=type(default), default=default, choices=choices, help=about)

    add("--minutes", 10.0, "how long people are busy")
    add("--timeline", "table", "where timelines are stored", ["table", "redis"])
    add("--engine", "postgresql", "the database", ["postgresql", "mariadb"])
    add("--broker", "redis", "started for it and killed now and then", ["redis", "rabbitmq"])
    add("--users", 100, "how many people there are")
    add("--follows", 20, "how many other people each follows at first")
    add("--lag", 60.0, "seconds after which the end of a follow must be seen")
    add("--seed", 1, "of what people do, and of the kills")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started is ended
    configure(options, options.timeline)
    with tempfile.TemporaryDirectory() as folder, servers(options, Path(folder)) as chaos:
        return soak(options, chaos)


def soak(options: argparse.Namespace, chaos: Chaos) -> int:
    """Run everything; return 0 where all timelines are equal to the join in the end."""
    import django

    django.setup()
    from benchmarks.database import temporary
    from benchmarks.soak.people import Lags, People, wait_for_jobs
    from benchmarks.soak.report import rows, write
    from benchmarks.soak.site import Site
    from tests.scale import celery_app

    celery_app.app.set_current()
    with temporary():
        site = Site(options)
        site.populate()
        with chaos.with_workers(), Lags() as lags:
            begin = time.monotonic()
            with People(site):
                chaos.kill_until(begin + options.minutes * 60)
            drained = wait_for_jobs(chaos)
            # What a killed store has lost is built again when it is read.
            while not site.are_all_stored():
                drained += wait_for_jobs(chaos)
        differences = list(site.differences())
        write(options.timeline, rows(site, chaos, lags.seconds, drained, len(differences)))
    print(*[*site.faults, *differences][:20], sep="\n")
    return 1 if differences or site.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
