"""Stream-Framework 1.4.0, measured by orders on stdin; runs in a virtual environment of its own.

``send N``, ``fanout N``, ``read`` and ``clear``: the first two to N followers. Each is answered
with the seconds that it took. It imports nothing of this project.

The release is of 2017 and imports on no Python since 3.7. Three things are put right, none of which
is in the way of its storage: see ``_patched``.
"""

# mypy: ignore-errors

import datetime as dt
import importlib.util
import os
import sys
import time
import types
from pathlib import Path
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


class Bench:
    """Runs the orders."""

    def __init__(self):
        self.manager = Manager()
        self.number = 0

    def activity(self):
        self.number += 1
        start = dt.datetime(2026, 1, 1)
        time = start + dt.timedelta(seconds=self.number)
        return Activity(AUTHOR, Add, self.number, 1, time=time)

    def send(self, count):
        """Publish an activity: store it, put it into the author's feed and fan it out."""
        self.manager.followers = range(1, int(count) + 1)
        activity = self.activity()
        started = time.perf_counter()
        self.manager.add_user_activity(AUTHOR, activity)
        return self._checked(activity, int(count), time.perf_counter() - started)

    def fanout(self, count):
        """Fan out an activity that is stored."""
        followers = range(1, int(count) + 1)
        activity = self.activity()
        Feed.insert_activity(activity)
        started = time.perf_counter()
        self.manager.create_fanout_tasks(
            followers,
            Feed,
            managers.add_operation,
            operation_kwargs={"activities": [activity], "trim": True},
            fanout_priority=managers.FanoutPriority.HIGH,
        )
        return self._checked(activity, int(count), time.perf_counter() - started)

    def _checked(self, activity, count, seconds):
        """Tell the seconds of a fan-out that has reached the first and the last, and no more."""
        for user, is_follower in ((1, True), (count, True), (count + 1, False)):
            if (activity in Feed(user)[:1]) is not is_follower:
                raise AssertionError(f"user {user} of {count} followers: {not is_follower}")
        return seconds

    def read(self):
        """Read the newest activities of a full feed; objects are left as ids."""
        feed = Feed(READER)
        if feed.count() < STORED:
            activities = [self.activity() for _ in range(STORED)]
            Feed.insert_activities(activities)
            feed.add_many(activities, trim=False)
        started = time.perf_counter()
        activities = Feed(READER)[:SIZE]
        seconds = time.perf_counter() - started
        if len(activities) != SIZE:
            raise AssertionError(f"{len(activities)} activities, not {SIZE}")
        return seconds

    def clear(self):
        """Delete what was written."""
        connection = get_redis_connection()
        started = time.perf_counter()
        pipe = connection.pipeline(transaction=False)
        for key in connection.scan_iter(f"{PREFIX}:sf:*", count=10_000):
            pipe.delete(key)
        pipe.execute()
        return time.perf_counter() - started


def main():
    bench = Bench()
    bench.clear()
    print("ready", flush=True)
    for line in sys.stdin:
        order, *arguments = line.split()
        print(getattr(bench, order)(*arguments), flush=True)


if __name__ == "__main__":
    main()
