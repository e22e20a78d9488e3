"""The Redis of the benchmarks, which holds timelines for as long as they are measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from benchmarks.feeds.dataset import FeedsDataset
from stream.timelines.models import Entry, State
from stream.timelines.stores.redis_server import key_of
from stream.timelines.stores.redis_store import member, score

try:
    import redis
except ImportError:
    redis = None  # type: ignore[assignment]

BATCH = 1000  # commands


@contextmanager
def filled(dataset: FeedsDataset) -> Iterator[bool]:
    """Store all timelines until the end of the block; tell whether there is a Redis."""
    client = _client()
    if client is None:
        yield False
        return
    _clear(client)  # what an interrupted run has left
    print("Filling Redis …", file=sys.stderr)
    try:
        _fill(client, dataset)
        yield True
    finally:
        _clear(client)


def _client() -> Any:
    """Return a connection; None where nothing answers."""
    if redis is None:
        return None
    client = redis.Redis.from_url(settings.STREAM_REDIS_URL)
    try:
        client.ping()
    except redis.ConnectionError:
        return None
    return client


def _clear(client: Any) -> None:
    pipeline = client.pipeline(transaction=False)
    for key in client.scan_iter(f"{settings.STREAM_REDIS_PREFIX}*", count=10_000):
        pipeline.unlink(key)
    pipeline.execute()


def _fill(client: Any, dataset: FeedsDataset) -> None:
    """Store what the tables hold, whose rows say which users have a timeline in them."""
    newest = Entry._base_manager.filter(user=1).values_list("action", "datetime")
    members = {member(pk): score(when) for pk, when in newest}
    users = range(1, dataset.users + 1)
    for start in range(0, len(users), BATCH):
        pipeline = client.pipeline(transaction=False)
        for user in users[start : start + BATCH]:
            pipeline.zadd(key_of(user), {"begun": "-inf", "floor": "-inf", **members})
        pipeline.execute()
    for state in State._base_manager.filter(user__in=[each.user for each in dataset.follow_sets]):
        rows = Entry._base_manager.filter(user=state.user_id).values_list("action", "datetime")
        members = {member(pk): score(when) for pk, when in rows}
        floor = "-inf" if state.floor is None else score(state.floor)
        client.zadd(key_of(state.user_id), {"begun": "-inf", "floor": floor, **members})
