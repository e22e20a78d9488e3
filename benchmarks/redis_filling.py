"""The Redis of the benchmarks, which holds timelines for as long as they are measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from benchmarks.dataset import Dataset
from stream.timelines.models import Entry, State
from stream.timelines.stores.redis_server import key_of
from stream.timelines.stores.redis_store import member, score

try:
    import redis
except ImportError:
    redis = None  # type: ignore[assignment]

BATCH = 1000  # commands


@contextmanager
def filled(dataset: Dataset) -> Iterator[bool]:
    """Store all timelines until the end of the block; tell whether there is a Redis."""
    if redis is None:
        yield False
        return
    client = redis.Redis.from_url(settings.STREAM_REDIS_URL)
    try:
        _clear(client)  # what an interrupted run has left
    except redis.ConnectionError:
        yield False
        return
    print("Filling Redis …", file=sys.stderr)
    try:
        _fill(client, dataset)
        yield True
    finally:
        _clear(client)


def _clear(client: Any) -> None:
    pipeline = client.pipeline(transaction=False)
    for key in client.scan_iter(f"{settings.STREAM_REDIS_PREFIX}*", count=10_000):
        pipeline.unlink(key)
    pipeline.execute()


def _fill(client: Any, dataset: Dataset) -> None:
    """Store what the tables hold, whose rows say which users have a timeline in them."""
    of_everybody, keys = _members(1), range(1, dataset.users + 1)
    for users in (keys[n : n + BATCH] for n in range(0, len(keys), BATCH)):
        pipeline = client.pipeline(transaction=False)
        for user in users:
            pipeline.zadd(key_of(user), {"begun": "-inf", "floor": "-inf", **of_everybody})
        pipeline.execute()
    for state in State._base_manager.filter(user__in=[each.user for each in dataset.follow_sets]):
        floor = "-inf" if state.floor is None else score(state.floor)
        members = {"begun": "-inf", "floor": floor, **_members(state.user_id)}
        client.zadd(key_of(state.user_id), members)


def _members(user: int) -> dict[Any, Any]:
    rows = Entry._base_manager.filter(user=user).values_list("action", "datetime")
    return {member(pk): score(when) for pk, when in rows}
