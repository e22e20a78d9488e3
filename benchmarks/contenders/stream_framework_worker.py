"""Stream-Framework 1.4.0, measured by orders on stdin; runs in a virtual environment of its own.

``send N``, ``fan_out N``, ``read`` and ``clear``: the first two to N followers. Each is answered
with the seconds that it took. It imports nothing of this project.

The release is of 2017 and imports on no Python since 3.7. Three things are put right, none of which
is in the way of its storage: see ``_patched``.
"""

# mypy: ignore-errors

import datetime as dt
import importlib.util
import os
import sys
import types
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

PREFIX = os.environ["BENCH_REDIS_PREFIX"]
SIZE = 25
STORED = 100  # activities of a feed, which is as many as a feed keeps
AUTHOR, READER = 0, 1


def _patched():
    """Import the release; return its modules of managers and of Redis."""

    # Tasks run here and now, without a transport and without Celery's own work around a call.
    def shared_task(function):
        function.delay = function
        return function

    _module("celery", shared_task=shared_task)
    # It imports a class of its tests, which are not in the package that is installed.
    _module("stream_framework.tests.utils", FakeActivity=type("FakeActivity", (), {}))
    # ``async`` names an argument there, and is a keyword since Python 3.7.
    name = "stream_framework.feed_managers.base"
    path = Path(importlib.util.find_spec("stream_framework").origin).parent
    source = (path / "feed_managers" / "base.py").read_text(encoding="utf-8")
    managers = _module(name)
    exec(compile(source.replace("async", "async_"), name, "exec"), managers.__dict__)
    from stream_framework import settings

    url = urlsplit(os.environ["BENCH_REDIS"])
    config = {"host": url.hostname, "port": url.port or 6379, "db": int(url.path[1:] or 0)}
    settings.STREAM_REDIS_CONFIG = {"default": {**config, "password": url.password}}
    return managers


def _module(name, **content):
    module = types.ModuleType(name)
    module.__dict__.update(content)
    sys.modules[name] = module
    return module


managers = _patched()

from stream_framework.activity import Activity  # noqa: E402
from stream_framework.feeds.redis import RedisFeed  # noqa: E402
from stream_framework.storage.redis.activity_storage import RedisActivityStorage  # noqa: E402
from stream_framework.storage.redis.connection import get_redis_connection  # noqa: E402
from stream_framework.verbs.base import Add  # noqa: E402


class Activities(RedisActivityStorage):
    def get_key(self):
        return f"{PREFIX}:sf:activities"


class Feed(RedisFeed):
    key_format = f"{PREFIX}:sf:feed:%(user_id)s"
    activity_storage_class = Activities


class UserFeed(Feed):
    key_format = f"{PREFIX}:sf:user:%(user_id)s"


class Manager(managers.Manager):
    feed_classes = {"normal": Feed}
    user_feed_class = UserFeed
    followers = ()

    def get_user_follower_ids(self, user_id):
        return {managers.FanoutPriority.HIGH: self.followers}


manager, numbers = Manager(), count()


def activity():
    number = next(numbers)
    time = dt.datetime(2026, 1, 1) + dt.timedelta(seconds=number)
    return Activity(AUTHOR, Add, number, 1, time=time)


def fan_out(followers, *, is_stored):
    """Fan out an activity, which is stored already or is published just now."""
    its, followers = activity(), int(followers)
    manager.followers = range(1, followers + 1)
    if is_stored:
        Feed.insert_activity(its)
    started = perf_counter()
    if is_stored:
        manager.create_fanout_tasks(
            manager.followers,
            Feed,
            managers.add_operation,
            operation_kwargs={"activities": [its], "trim": True},
            fanout_priority=managers.FanoutPriority.HIGH,
        )
    else:
        manager.add_user_activity(AUTHOR, its)
    seconds = perf_counter() - started
    for user, is_follower in ((1, True), (followers, True), (followers + 1, False)):
        if (its in Feed(user)[:1]) is not is_follower:
            raise AssertionError(f"user {user} of {followers} followers: {not is_follower}")
    return seconds


def read():
    """Read the newest activities of a full feed; objects are left as ids."""
    feed = Feed(READER)
    if feed.count() < STORED:
        activities = [activity() for _ in range(STORED)]
        Feed.insert_activities(activities)
        feed.add_many(activities, trim=False)
    started = perf_counter()
    activities = Feed(READER)[:SIZE]
    seconds = perf_counter() - started
    if len(activities) != SIZE:
        raise AssertionError(f"{len(activities)} activities, not {SIZE}")
    return seconds


def clear():
    """Delete what was written."""
    connection = get_redis_connection()
    started = perf_counter()
    pipe = connection.pipeline(transaction=False)
    for key in connection.scan_iter(f"{PREFIX}:sf:*", count=10_000):
        pipe.delete(key)
    pipe.execute()
    return perf_counter() - started


ORDERS = {
    "send": partial(fan_out, is_stored=False),
    "fan_out": partial(fan_out, is_stored=True),
    "read": read,
    "clear": clear,
}
clear()
print("ready", flush=True)
for line in sys.stdin:
    order, *arguments = line.split()
    print(ORDERS[order](*arguments), flush=True)
