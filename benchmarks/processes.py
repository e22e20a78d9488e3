"""Programs that measure in a process of their own and answer orders, a line each."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager


class Worker:
    """A running program, which has said that it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.answer()

    def answer(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended without an answer")
        return line

    def order(self, text: str) -> str:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        return self.answer()

    def run(self, order: str) -> Callable[[], float]:
        """Make a run of an order that is answered with the seconds it took."""
        return lambda: float(self.order(order))


@contextmanager
def worker(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Worker]:
    """Run a program until the end of the block."""
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Worker(process)
        assert process.stdin
        process.stdin.close()
