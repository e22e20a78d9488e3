"""System checks of live updates."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.urls import NoReverseMatch, reverse

from stream.live.brokers import broker_name, get_broker
from stream.live.conf import options, redis_url


def check_live(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with ``STREAM_LIVE``; the ids are E070 to E073."""
    try:
        name = broker_name()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="stream.E070")]
    if name == "redis":
        return list(_check_redis())
    if name == "postgresql":
        return list(_check_postgresql())
    try:
        get_broker()
    except ImproperlyConfigured as error:
        hint = "Write 'redis', 'postgresql', 'polling' or the path of a subclass."
        return [Error(str(error), hint=hint, id="stream.E073")]
    return []


def _check_redis() -> Iterator[CheckMessage]:
    if not find_spec("redis"):
        yield Error(
            "STREAM_LIVE['broker'] = 'redis' needs the package redis.",
            hint="Run: pip install 'django-stream[redis]'",
            id="stream.E071",
        )
    try:
        redis_url()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="stream.E071")


def _check_postgresql() -> Iterator[CheckMessage]:
    name = options().database
    if connections[name].vendor != "postgresql":
        yield Error(
            f"STREAM_LIVE['broker'] = 'postgresql', but the database {name!r} is another one.",
            hint="Write 'polling', or 'redis' with STREAM_REDIS_URL.",
            id="stream.E072",
        )
    elif not find_spec("psycopg"):
        yield Error(
            "STREAM_LIVE['broker'] = 'postgresql' needs psycopg 3.",
            hint="Run: pip install 'psycopg[binary]'",
            id="stream.E072",
        )


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    """Return W081 where no page can listen."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("stream_live:events")
    except NoReverseMatch:
        return [
            Warning(
                "stream.live is installed, but its address is not there.",
                hint='Add path("live/", include("stream.live.urls")) to the URLs of the site.',
                id="stream.W081",
            )
        ]
    return []
