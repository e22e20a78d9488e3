"""Processes of the tests' own: on free ports, in folders of their own, killed for certain."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from unittest import SkipTest

_T = TypeVar("_T")

HOST = "127.0.0.1"
DEADLINE = 30  # seconds; only what is broken takes that long


def wait_until(
    condition: Callable[[], _T], what: str | Callable[[], str], seconds: float = DEADLINE
) -> _T:
    """Return the first true result of a condition.

    Raises TimeoutError after a deadline, saying what is missing; ``what`` may be a function of it.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)
    return found


def answers(port: int) -> bool:
    with closing(socket.socket()) as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """Return a port that is free, as is the one 10,000 above it, for the bus of a Redis Cluster."""
    while True:
        port = random.SystemRandom().randrange(11_000, 22_000)
        try:
            for each in (port, port + 10_000):
                with closing(socket.socket()) as server:
                    server.bind((HOST, each))
        except OSError:
            continue
        return port


def program(name: str, *folders: str) -> str:
    """Return the path of a program, looked for in some folders first. Raises SkipTest."""
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if not found:
        raise SkipTest(f"needs the program {name}, which is not installed")
    return found


class Process:
    """A process with its children, one group; ``folder`` holds what it says, in ``said.txt``."""

    def __init__(
        self,
        command: Sequence[object],
        folder: Path,
        environment: Mapping[str, object] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.command = [str(each) for each in command]
        self.folder = folder
        more = {name: str(value) for name, value in (environment or {}).items()}
        self.environment = {**os.environ, **more}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        """Start it, and wait until it is ready."""
        with (self.folder / "said.txt").open("ab") as file:
            self.started_at = file.tell()
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        wait_until(self.is_ready_or_ended, lambda: f"{self.command[0]} is ready\n{self.said()}")
        assert not self.has_ended(), self.said()
        return self

    def is_ready_or_ended(self) -> bool:
        return self.has_ended() or self.is_ready()

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def is_ready(self) -> bool:
        return True

    def said(self) -> str:
        """Return what it has said since it was started last."""
        return (self.folder / "said.txt").read_bytes()[self.started_at :].decode(errors="replace")

    def kill(self) -> None:
        """Kill it and its children as a crash does; nothing where it is dead."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):  # all of the group are dead
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


_P = TypeVar("_P", bound=Process)


@contextmanager
def running(*processes: _P) -> Iterator[tuple[_P, ...]]:
    """Start processes, and kill them in the end, whatever happens."""
    try:
        for each in processes:
            each.start()
        yield processes
    finally:
        for each in processes:
            each.kill()
