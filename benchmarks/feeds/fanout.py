"""The cases of an action that is brought to the timelines of all who follow its actor.

What they write is deleted again, outside the measured time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from django.db import connection

from benchmarks.database import delete_newer
from benchmarks.feeds import floor, ours
from benchmarks.feeds.dataset import FeedsDataset
from benchmarks.processes import Worker
from benchmarks.results import FLOOR, OURS, OURS_REDIS, STREAM_FRAMEWORK

TABLES = {OURS: "stream_timelines_entry", FLOOR: "bench_entry"}
Run = Callable[[], float]
Case = tuple[str, str, int, dict[str, Run]]


class DifferentRecipientsError(AssertionError):
    """An action did not come to the followers, or it came to others too."""


def cases(dataset: FeedsDataset, peer: Worker | None, with_redis: bool) -> Iterator[Case]:
    """Name, title, number of followers and runs of each case."""
    for count, star in dataset.stars.items():
        author = ours.Author(star)
        fan_out: dict[str, Run] = {OURS: partial(author.fan_out, OURS)}
        send: dict[str, Run] = {OURS: partial(author.send, OURS)}
        if with_redis:
            fan_out[OURS_REDIS] = partial(author.fan_out, OURS_REDIS)
            send[OURS_REDIS] = partial(author.send, OURS_REDIS)
        fan_out[FLOOR] = partial(floor.fan_out, star, dataset.actions + 1)
        send[FLOOR] = partial(floor.send, star)
        for name, title, runs in (
            ("fanout", "fan-out", fan_out),
            ("fanout-send", "send and fan-out", send),
        ):
            checked = {each: _checked(each, run, dataset, count) for each, run in runs.items()}
            if peer:  # which checks by itself
                order = "send" if name == "fanout-send" else "fanout"
                checked[STREAM_FRAMEWORK] = peer.run(f"{order} {count}")
            yield f"{name}-{count}", f"{title}, {count:,} followers", count, checked


def _checked(name: str, run: Run, dataset: FeedsDataset, count: int) -> Run:
    """Let a run see who has the action now, and delete it."""

    def checked() -> float:
        connection.ensure_connection()
        seconds = run()
        if name == OURS_REDIS:
            _check_pages(dataset, count)
        else:
            _check_table(name, dataset, count)
        delete_newer(dataset.actions)
        return seconds

    return checked


def _check_table(name: str, dataset: FeedsDataset, count: int) -> None:
    """Users are on a page of the table's key once, so these three numbers tell who they are."""
    table = TABLES[name]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), MIN(user_id), MAX(user_id) FROM {table} WHERE action_id > %s",
            [dataset.actions],
        )
        found = cursor.fetchone()
        if found != (count, 1, count):
            raise DifferentRecipientsError(
                f"{name}: count, first and last are {found}, not {count}"
            )
        cursor.execute(
            f"DELETE FROM {table} WHERE user_id <= %s AND action_id > %s", [count, dataset.actions]
        )
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM {table}")  # or each round would find more dead rows


def _check_pages(dataset: FeedsDataset, count: int) -> None:
    for user, is_follower in ((1, True), (count, True), (count + 1, False)):
        shown = ours.rows(OURS_REDIS, user)()
        if any(each.id > dataset.actions for each in shown) is not is_follower:
            raise DifferentRecipientsError(f"{OURS_REDIS}: user {user}: {not is_follower}")
