"""Stream-Framework 1.4.0, in a virtual environment and a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-bench-sf"
# The Redis client of its time: later ones order the arguments of ZADD in another way.
VERSION = "1.4.0"
PACKAGES = (f"stream-framework=={VERSION}", "redis==2.10.6", "six", "setuptools<72")
PROGRAM = Path(__file__).with_name("stream_framework_worker.py")


def _python(offline: bool) -> Path | None:
    """Return the interpreter that has it, installed on first need; None where that fails."""
    interpreter = FOLDER / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = FOLDER / ".installed"
    if offline and not done.exists():
        return None
    if not done.exists():
        print(f"Installing {PACKAGES[0]} into {FOLDER.name} …", file=sys.stderr)
        try:
            venv.create(FOLDER, clear=True, with_pip=True)
            install = [str(interpreter), "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES]
            subprocess.run(install, check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{PACKAGES[0]} is not measured: {error}", file=sys.stderr)
            return None
        done.touch()
    return interpreter


class Worker:
    """Its program as it runs, which answers each order by a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.answer()  # that it is ready

    def answer(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended without an answer")
        return line

    def act(self, order: str) -> Callable[[], float]:
        """Make an act of an order, which is answered with the seconds that it took."""

        def act() -> float:
            assert self.process.stdin
            self.process.stdin.write(f"{order}\n")
            self.process.stdin.flush()
            return float(self.answer())

        return act


@contextmanager
def running(redis: str, prefix: str, *, offline: bool) -> Iterator[Worker | None]:
    """Run its program on a Redis, named by its URL; None where it cannot be installed."""
    interpreter = _python(offline)
    if interpreter is None:
        yield None
        return
    # -P: else the folder of the program hides the package by this module.
    command = [str(interpreter), "-P", str(PROGRAM)]
    env = {**os.environ, "BENCH_REDIS": redis, "BENCH_REDIS_PREFIX": prefix}
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        worker = Worker(process)
        yield worker
        worker.act("clear")()
        assert process.stdin
        process.stdin.close()
