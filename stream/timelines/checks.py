"""System checks of the settings of timelines. The app ``stream`` has them run."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from stream.following import find_follow_model
from stream.metrics import get_metrics
from stream.plan.timeline import DEFAULT, get_timeline, timeline_name
from stream.timelines import conf

OURS = {f"stream.timelines.{name}" for name in ("TableTimeline", "RedisTimeline")}


def check_timelines(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with the settings of timelines; the ids are E030 to E037."""
    is_default = timeline_name() == DEFAULT
    return [*(() if is_default else _check_timeline()), *_check_metrics()]


def _check_timeline() -> Iterator[CheckMessage]:
    name = timeline_name()
    if name in OURS and not apps.is_installed("stream.timelines"):
        yield Error(
            f"STREAM_TIMELINE = {name!r}, but its app is not installed.",
            hint="Add 'stream.timelines' to INSTALLED_APPS, then run: python manage.py migrate",
            id="stream.E031",
        )
        return
    try:
        timeline: Any = get_timeline()
    except ImproperlyConfigured as error:
        yield Error(
            f"STREAM_TIMELINE = {name!r} cannot be used: {error}",
            hint=f"Name a subclass of stream.timelines.Timeline, such as {DEFAULT!r}.",
            id="stream.E030",
        )
        return
    if not timeline.is_stored:
        return
    if find_follow_model() is None:
        yield Error(
            f"STREAM_TIMELINE = {name!r}, but nobody can follow anything.",
            hint="Add 'follow' to INSTALLED_APPS.",
            id="stream.E035",
        )
    if getattr(timeline, "store", "") == "redis":
        yield from _check_redis()
    yield from _check_options()


def _check_redis() -> Iterator[CheckMessage]:
    if not find_spec("redis"):
        yield Error(
            "RedisTimeline needs the package redis.",
            hint="Run: pip install 'django-stream[redis]'",
            id="stream.E032",
        )
    try:
        conf.redis_url()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="stream.E033")


def _check_options() -> Iterator[CheckMessage]:
    try:
        conf.options()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="stream.E034")


def _check_metrics() -> Iterator[CheckMessage]:
    try:
        get_metrics()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="stream.E037")
