"""``python -m benchmarks.moving``: how fast the rows of other packages are taken over."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import django


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.moving", description=__doc__)
    parser.add_argument("--engine", default="sqlite")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--notifications", type=int, default=50_000, help="half of them of actions")
    parser.add_argument("--batch", type=int, default=20_000)
    return parser.parse_args()


def main() -> None:
    options = parse()
    known = {"engine": options.engine, "name": "moving", "prefix": "bench_stream", "suite": "feeds"}
    os.environ["BENCH_OPTIONS"] = json.dumps(known)
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    django.setup()

    from benchmarks import database

    with database.temporary():
        fill(options.rows, options.notifications)
        measure(options)


def fill(actions: int, notifications: int) -> None:
    """Fill the tables of the old packages, and those of the objects."""
    from itertools import islice

    from benchmarks import database, filling, tables
    from benchmarks.dataset import Dataset
    from tests.support.old_site import NOTIFICATIONS, make_notifications, make_tables

    make_tables()
    make_notifications()
    dataset = Dataset(actions)
    for table, columns, rows in [*tables._tables(dataset), *tables._peer_tables(dataset)]:
        if table not in ("stream_action", "follow_follow"):
            filling.fill(table, columns, rows)
    of, roles = tables.Generic().of, tables.ROLES
    columns = (
        "id, recipient_id, timestamp, verb, level, unread, public, deleted, emailed, "
        + ", ".join(f"{role}_content_type_id, {role}_object_id" for role in roles)
    )

    def told(row: Any) -> tuple[Any, ...]:
        is_new = row.id % 2
        verb = "mentioned" if is_new else row.verb
        states = "info", row.id % 3 == 0, True, False, True
        recipient = 1 + row.id % dataset.users
        objects = of(row.actor, row.target, row.action_object)
        return (row.id, recipient, row.datetime, verb, *map(_number, states), *objects)

    rows = islice(map(told, dataset.action_rows()), notifications)
    filling.fill(NOTIFICATIONS, columns, rows)
    database.analyze()


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def measure(options: argparse.Namespace) -> None:
    from stream.moving.activity_stream import ACTIONS, FOLLOWS, actions_of, follows_of
    from stream.moving.old_tables import OldTable
    from stream.moving.running import Run
    from stream.moving.verifying import Verification
    from stream.notifications.moving.move import NOTIFICATIONS, notifications_of
    from stream.notifications.moving.running import NotificationsRun
    from stream.notifications.moving.verifying import NotificationsVerification

    each: list[tuple[str, Callable[..., Any], Any, Any]] = [
        (ACTIONS, actions_of, Run, Verification),
        (FOLLOWS, follows_of, Run, Verification),
        (NOTIFICATIONS, notifications_of, NotificationsRun, NotificationsVerification),
    ]
    for name, make, run_class, verification in each:
        move = make(OldTable.find(name, "default"))
        started = perf_counter()
        lost = sum(orphan.count for orphan in move.orphans)
        looked = perf_counter()
        run = run_class(move, options.batch, is_kept=False)
        run.prepare()
        count = sum(count for _, count in run)
        carried = perf_counter()
        assert lost == 0
        assert all(comparison.is_same for comparison in verification(move))
        compared = perf_counter()
        print(
            f"{options.engine}: {count} {move.name}, {count / (carried - looked):.0f} a second in "
            f"batches of {options.batch}; orphans looked for in {looked - started:.1f} s, both "
            f"sides compared in {compared - carried:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
