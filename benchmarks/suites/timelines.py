"""Stored home feeds: read, and written by an action that comes to all who follow its actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from benchmarks import database
from benchmarks.case import WARM_UPS, Case, DifferentError, Table
from benchmarks.contenders import floor, floor_writing, ours_timelines as ours
from benchmarks.contenders.stream_framework import Worker
from benchmarks.dataset import Dataset
from benchmarks.results import FLOOR, OURS, OURS_JOIN, OURS_REDIS, STREAM_FRAMEWORK

TABLES = {OURS: "stream_timelines_entry", FLOOR: "bench_entry"}
New = Callable[..., Case]
SLOW = 50_000  # followers, from which on Stream-Framework takes seconds for a round


def table(data: Dataset, peer: Worker | None, *, has_redis: bool) -> Table:
    stored = [OURS, OURS_REDIS] if has_redis else [OURS]
    notes = [] if has_redis else ["without Redis: it does not answer"]
    notes += [] if peer else [f"without {STREAM_FRAMEWORK}: it does not run here"]
    for what in ("rows", "page"):
        for each in data.follow_sets:
            if each.name.isdigit():
                name, title = f"{what}-{each.name}", f"{what} of a home feed, {each.title} follows"
                new = partial(Case, f"timeline-{name}", title, are_same=True, notes=[*notes])
                beside = peer.act("read") if peer and what == "rows" else None
                yield f"timeline-{name}", partial(read, new, what, stored, each.user, beside)
    for count in data.followers:
        for call, name, title in (
            ("fan_out", "fanout", "fan-out"),
            ("send", "fanout-send", "send and fan-out"),
        ):
            name, title = f"{name}-{count}", f"{title}, {count:,} followers"
            warm_ups = 1 if count > SLOW else WARM_UPS
            new = partial(Case, name, title, warm_ups=warm_ups, notes=[*notes])
            yield name, partial(fan_out, new, call, data, count, stored, peer)


def read(new: New, what: str, stored: list[str], user: int, peer: Any) -> Iterable[Case]:
    acts = {name: getattr(ours, what)(name, user) for name in [*stored, OURS_JOIN]}
    acts[FLOOR] = getattr(floor_writing, what)(user)
    return [new(acts=acts | ({STREAM_FRAMEWORK: peer} if peer else {}))]


def fan_out(
    new: New, call: str, data: Dataset, count: int, stored: list[str], peer: Worker | None
) -> Iterable[Case]:
    """What is written is deleted again. Stream-Framework checks by itself whom it came to."""
    author = ours.Author(data.stars[count])
    acts = {name: partial(getattr(author, call), name) for name in stored}
    acts[FLOOR] = partial(getattr(floor_writing, call), data.stars[count])
    beside = {STREAM_FRAMEWORK: peer.act(f"{call} {count}")} if peer else {}
    return [new(acts=acts | beside, after=partial(check, data, count))]


def check(data: Dataset, count: int, who: str) -> None:
    """Raise DifferentError unless the action came to all followers and to nobody else."""
    if table := TABLES.get(who):
        # An action is on a timeline once, so these three numbers tell who they are.
        sql = f"SELECT COUNT(*), MIN(user_id), MAX(user_id) FROM {table} WHERE action_id > %s"
        (found,) = floor.run(sql, [data.actions])
        floor_writing.execute(
            f"DELETE FROM {table} WHERE user_id <= %s AND action_id > %s", count, data.actions
        )
        database.vacuum(table)
        if tuple(found) != (count, 1, count):
            raise DifferentError(f"{who}: count, first and last are {found}, not {count}")
    elif who == OURS_REDIS:
        for user, is_follower in ((1, True), (count, True), (count + 1, False)):
            shown = ours.rows(who, user)()
            if any(each.id > data.actions for each in shown) is not is_follower:
                raise DifferentError(f"{who}: user {user}: {not is_follower}")
    database.delete_newer(data.actions)
