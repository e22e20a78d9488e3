"""Stored timelines, groups and notifications."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from benchmarks import database, redis_filling, tables
from benchmarks.case import Table
from benchmarks.contenders import ours_timelines, stream_framework
from benchmarks.dataset import Dataset
from benchmarks.results import FEEDS, OURS
from benchmarks.suites import groups, notifications, timelines


def table(options: SimpleNamespace, stack: ExitStack) -> Table:
    data = Dataset(options.actions, options.seed, tuple(options.followers))
    hq = "with" if settings.HQ else "no"
    database.prepare(f"{FEEDS} {data.followers}, seed {data.seed}, {hq} hq", partial(load, data))
    stack.enter_context(database.loaded_anew_if_interrupted())
    connection.ensure_connection()
    peer = None
    if has_redis := stack.enter_context(redis_filling.filled(data)):
        redis = settings.STREAM_REDIS_URL, settings.PREFIX
        peer = stack.enter_context(stream_framework.running(*redis, offline=options.offline))
    yield from timelines.table(data, peer, has_redis=has_redis)
    yield from groups.table(data)
    yield from notifications.table(data)


def load(data: Dataset) -> None:
    tables.load(data)
    tables.load_timelines(data)
    with ours_timelines.timeline(OURS):
        for each in data.follow_sets:
            ours_timelines.build(User.objects.get(pk=each.user))
    tables.copy_timelines()
    tables.load_notifications(data)
