"""Stream-Framework 1.4.0, in a virtual environment and a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import Worker, worker

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-bench-sf"
# The Redis client of its time: later ones order the arguments of ZADD in another way.
VERSION = "1.4.0"
PACKAGES = (f"stream-framework=={VERSION}", "redis==2.10.6", "six", "setuptools<72")
PROGRAM = Path(__file__).with_name("stream_framework_worker.py")

# What it took on another machine, in ms by followers, where it cannot be made to run here.
RECORDED = {1_000: 187.0, 10_000: 1700.0}


def python(offline: bool = False) -> Path | None:
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


@contextmanager
def running(interpreter: Path | None, redis: str, prefix: str) -> Iterator[Worker | None]:
    """Run its program on a Redis, named by its URL; None without an interpreter."""
    if interpreter is None:
        yield None
        return
    # -P: else the folder of the program hides the package by this module.
    env = {**os.environ, "BENCH_REDIS": redis, "BENCH_REDIS_PREFIX": prefix}
    with worker([str(interpreter), "-P", str(PROGRAM)], env) as its:
        yield its
        its.order("clear")
