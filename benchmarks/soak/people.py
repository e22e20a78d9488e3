"""Threads in which people are busy, and what watches them."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connections
from django.utils import timezone

from benchmarks.soak.chaos import Chaos
from benchmarks.soak.site import Site
from stream.timelines.models import Job

LONGEST_DRAIN = 300  # seconds


class Threads:
    """Does acts again and again after a pause, each in a thread with connections of its own."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.threads: list[threading.Thread] = []

    def start(
        self, act: Callable[[], None], pause: Callable[[], float], on_error: Callable[[str], None]
    ) -> None:
        def run() -> None:
            try:
                while not self.stop.wait(pause()):
                    act()
            except Exception:
                on_error(traceback.format_exc())
            finally:
                connections.close_all()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        for each in self.threads:
            each.join()


class People(Threads):
    """Senders, followers, moderators and readers, each with a pause of random length."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def __enter__(self) -> None:
        site = self.site
        crowd: list[tuple[int, Callable[[random.Random], None], float]] = [
            (3, site.send, 0.2),
            (2, site.change_follows, 0.25),
            (1, site.moderate, 1.0),
            (2, site.read, 0.1),
        ]
        acts = [(act, pause) for count, act, pause in crowd for _ in range(count)]
        for number, (act, pause) in enumerate(acts, 1):
            rng = random.Random(site.options.seed * 1000 + number)
            self.start(partial(act, rng), partial(rng.expovariate, 1 / pause), site.find_fault)


class Lags(Threads):
    """How long jobs wait and work, from their commit to their end, by looking often."""

    INTERVAL = 0.1  # seconds

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.open: dict[int, dt.datetime] = {}

    def __enter__(self) -> Lags:
        self.start(self.look, lambda: self.INTERVAL, print)
        return self

    def look(self) -> None:
        found = dict(Job.objects.values_list("pk", "created_at"))
        now = timezone.now()
        for key in self.open.keys() - found.keys():
            self.seconds.append((now - self.open[key]).total_seconds())
        self.open = found


def wait_for_jobs(servers: Chaos) -> float:
    """Wait until the workers have done all jobs; return the seconds. Raises TimeoutError."""
    begin = time.monotonic()
    while Job.objects.exists():
        servers.supervise()
        if time.monotonic() - begin > LONGEST_DRAIN:
            left: list[Any] = list(Job.objects.values()[:5])
            raise TimeoutError(f"jobs are left after {LONGEST_DRAIN} s: {left}")
        time.sleep(0.1)
    return time.monotonic() - begin
