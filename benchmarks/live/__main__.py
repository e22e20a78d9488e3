"""``python -m benchmarks.live``: open streams, let them idle, and time what they are told."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
HOST = "127.0.0.1"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.live", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60, help="how long they idle")
    parser.add_argument("--actions", type=int, default=20, help="how many are timed")
    brokers = ["redis", "postgresql", "polling"]
    parser.add_argument("--brokers", nargs="+", choices=brokers, default=brokers)
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], default="postgresql")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.live.settings",
        "LIVE_ENGINE": options.engine,
        "LIVE_DB": f"bench_live_{os.getpid()}",
        "LIVE_BROKER": options.brokers[0],
    }
    import django

    django.setup()
    with database():
        for broker in options.brokers:
            os.environ["LIVE_BROKER"] = broker
            from django.test import override_settings

            with override_settings(STREAM_LIVE={"broker": broker}), served() as (process, port):
                figures = asyncio.run(measure(options, process.pid, port))
            print(broker, *(f"{name}: {value}" for name, value in figures.items()), sep="\n  ")


@contextmanager
def database() -> Any:
    """Make a database of its own, and delete it in the end."""
    from django.core.management import call_command
    from django.db import connection

    name = os.environ["LIVE_DB"]
    if connection.vendor == "postgresql":
        creating = connection.creation
        with creating._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        call_command("migrate", run_syncdb=True, verbosity=0)
        connection.close()
        yield
    finally:
        connection.close()
        if connection.vendor == "postgresql":
            with creating._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        else:
            for path in Path().glob(f"{name}*"):
                path.unlink()


@contextmanager
def served() -> Any:
    """Serve the site by one process of uvicorn."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "django.core.asgi:get_asgi_application",
        "--factory",
    ]
    command += ["--host", HOST, "--port", str(port), "--log-level", "warning", "--lifespan", "off"]
    process = subprocess.Popen([*command, "--backlog", "4096", "--timeout-graceful-shutdown", "1"])
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait(timeout=30)


def people(count: int) -> tuple[list[str], Any, Any]:
    """Return the sessions of listeners, an actor whom the first follows, and one whom all do."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User

    from follow.models import Follow

    User.objects.all().delete()
    User.objects.bulk_create([User(username=f"reader-{each}") for each in range(count)])
    readers = list(User.objects.order_by("pk"))
    known, star = (User.objects.create(username=name) for name in ("known", "star"))
    Follow.objects.bulk_create([Follow(user=each, target=star) for each in readers])
    Follow.objects.create(user=readers[0], target=known)
    keys = []
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for user in readers:
        session = store()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        keys.append(session.session_key)
    return keys, known, star


BACKEND = "django.contrib.auth.backends.ModelBackend"


class Streams:
    """Connections that are open, and when each was told of a row."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.told: dict[int, float] = {}
        self.begun: set[int] = set()
        self.changed = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self, number: int, key: str) -> None:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(
            f"GET /live/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: sessionid={key}\r\n\r\n".encode()
        )
        self.tasks.append(asyncio.create_task(self.read(number, reader, writer)))

    async def read(self, number: int, reader: Any, writer: Any) -> None:
        while line := await reader.readline():
            if line.startswith(b"event: notifications"):
                self.begun.add(number)
            elif line.startswith(b"event: home"):
                self.told[number] = time.perf_counter()
            elif line.startswith(b"HTTP/1.1 ") and b" 200 " not in line:
                raise SystemExit(f"stream {number}: {line!r}")
            else:
                continue
            self.changed.set()
        writer.close()

    async def until(self, enough: Any) -> None:
        while not enough():
            self.changed.clear()
            async with asyncio.timeout(120):
                await self.changed.wait()


async def measure(options: argparse.Namespace, pid: int, port: int) -> dict[str, str]:
    from asgiref.sync import sync_to_async

    from stream.utils import action

    keys, known, star = await sync_to_async(people)(options.streams)
    while True:
        try:
            _reader, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            break
    streams, figures = Streams(port), {}
    await streams.open(0, keys[0])  # what a first request loads is no stream's
    await streams.until(lambda: 0 in streams.begun)
    await asyncio.sleep(1)
    memory, begin = resident(pid), time.perf_counter()
    for number, key in enumerate(keys[1:], 1):
        await streams.open(number, key)
        if number % 20 == 0:  # browsers do not come all at once
            await streams.until(lambda at=number: len(streams.begun) > at - 60)
    await streams.until(lambda: len(streams.begun) == options.streams)
    figures["open after"] = f"{time.perf_counter() - begin:.1f} s"
    await asyncio.sleep(5)
    each = (resident(pid) - memory) / max(options.streams - 1, 1)
    figures["memory"] = f"{resident(pid) / 1024:.0f} MB, {each:.0f} kB for a stream"
    figures["threads"] = str(status(pid, "Threads"))
    figures["connections to the database"] = await sync_to_async(connections)()
    used, begin = processor(pid), time.perf_counter()
    await asyncio.sleep(options.seconds)
    spent = (processor(pid) - used) / (time.perf_counter() - begin)
    figures["processor, idle"] = f"{spent:.1%} of one"
    times = []
    for _ in range(options.actions):
        streams.told.clear()
        await sync_to_async(action.send)(known, "waved")
        begin = time.perf_counter()
        await streams.until(lambda: 0 in streams.told)
        times.append(streams.told[0] - begin)
        await asyncio.sleep(1.2)
    figures["from commit to event"] = (
        f"median {statistics.median(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
    )
    streams.told.clear()
    used = processor(pid)
    await sync_to_async(action.send)(star, "waved")
    begin = time.perf_counter()
    await streams.until(lambda: len(streams.told) == options.streams)
    times = [told - begin for told in streams.told.values()]
    figures["told to all"] = (
        f"median {statistics.median(times):.1f} s, last {max(times):.1f} s, "
        f"processor {processor(pid) - used:.1f} s"
    )
    for task in streams.tasks:
        task.cancel()
    return figures


def status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


def resident(pid: int) -> int:
    """Return kilobytes."""
    return status(pid, "VmRSS")


def processor(pid: int) -> float:
    """Return the seconds of a processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def connections() -> str:
    """Return how many connections others have to the database, and how many of them listen."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return "not counted"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE query LIKE 'LISTEN%%') FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return "{}, of which {} listen".format(*cursor.fetchone())


if __name__ == "__main__":
    main(sys.argv[1:])
