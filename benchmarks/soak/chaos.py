"""The processes of the soak, and what kills them."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scale.processes import Process, running
from tests.scale.servers import Epmd, RabbitMQ, Redis, Server

WORKERS = 2
BETWEEN = (3, 9)  # seconds from one kill to the next


class Worker(Process):
    """A worker of Celery, which sends itself the task that resumes lost jobs."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "celery", "-A", "tests.scale.celery_app", "worker"]
        command += ["--concurrency", "2", "--without-gossip", "--without-mingle", "--beat"]
        command += ["--schedule", str(folder / "beat"), "--loglevel", "INFO"]
        super().__init__(command, folder)
        self.plain_command, self.starts = self.command, 0

    def start(self) -> Process:
        # RabbitMQ may still hold a queue for the name of one that was killed just now.
        self.starts += 1
        name = f"{self.folder.name}-{self.starts}@%h"
        self.command = [*self.plain_command, "--hostname", name]
        return super().start()

    def is_ready(self) -> bool:
        return " ready." in self.said()


class Chaos:
    """Brokers, store and workers; kills them at random."""

    def __init__(
        self, options: argparse.Namespace, folder: Path, broker: Server, store: Redis | None
    ) -> None:
        self.random = random.Random(options.seed)
        self.folder = folder
        self.broker, self.store = broker, store
        self.workers: list[Worker] = []
        self.kills: Counter[str] = Counter()

    def kill_until(self, end: float) -> None:
        """Kill somebody every few seconds: a worker mostly, the broker or the store at times."""
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self.random.uniform(*BETWEEN)))
            chosen = self.random.random()
            if chosen < 0.1 and self.store:
                self.kill("store", self.store)
            elif chosen < 0.2:
                self.kill("broker", self.broker)
            else:
                self.kill("worker", self.random.choice(self.workers))
            self.supervise()

    def kill(self, what: str, process: Process) -> None:
        process.kill()
        self.kills[what] += 1
        process.start()

    def supervise(self) -> None:
        """Start again the workers that have ended by themselves, as a supervisor does."""
        for each in self.workers:
            if each.has_ended():
                each.kill()
                each.start()
                self.kills["worker that ended with its broker"] += 1

    @contextmanager
    def with_workers(self) -> Iterator[None]:
        self.workers = [Worker(self.folder / f"worker{number}") for number in range(WORKERS)]
        with running(*self.workers):
            yield


@contextmanager
def servers(options: argparse.Namespace, folder: Path) -> Iterator[Chaos]:
    """Start a broker, and a store if one is needed; let the settings know them."""
    if options.broker == "rabbitmq":
        folder.chmod(0o755)
    epmd = Epmd(folder / "epmd") if options.broker == "rabbitmq" else None
    broker = RabbitMQ(folder / "broker", epmd) if epmd else Redis(folder / "broker")
    store = Redis(folder / "store") if options.timeline == "redis" else None
    with running(*(each for each in (epmd, broker, store) if each)):
        os.environ["SOAK_BROKER"] = broker.url
        os.environ["SOAK_STORE"] = store.url if store else ""
        yield Chaos(options, folder, broker, store)
