"""The settings of live updates, read live so that ``override_settings`` works."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from stream import conf
from stream.conf import read_options, wrong_option

#: The least value of each number in the options.
LEAST = {
    "poll": 0.05,
    "pause": 0.0,
    "recheck": 1.0,
    "heartbeat": 1.0,
    "streams": 1,
    "streams_per_user": 1,
}
COUNTS = ("streams", "streams_per_user")


@dataclass(frozen=True)
class Options:
    """What ``STREAM_LIVE`` says, or its defaults. All times are seconds."""

    broker: str | None = None  # "redis", "postgresql", "polling", a path; None: what the site has
    database: str = DEFAULT_DB_ALIAS  # by which PostgreSQL is listened to
    poll: float = 2  # between two looks at the database
    pause: float = 1  # between two questions of one stream
    recheck: float = 60  # after which a stream looks whether its reader is still signed in
    heartbeat: float = 20
    streams: int = 2000  # of a process
    streams_per_user: int = 10  # of a process

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value, kinds = getattr(self, name), int if name in COUNTS else (int, float)
            if not isinstance(value, kinds) or isinstance(value, bool) or value < least:
                what = "whole number" if name in COUNTS else "number of seconds"
                raise _wrong(name, value, f"write a {what} from {least:g} on")
        if self.broker is not None and not (isinstance(self.broker, str) and self.broker):
            raise _wrong("broker", self.broker, "write 'redis', 'postgresql' or 'polling'")
        if self.database not in list(settings.DATABASES):  # whatever it is
            raise _wrong("database", self.database, "write a name of DATABASES")


def options() -> Options:
    """Return ``STREAM_LIVE``. Raises ImproperlyConfigured."""
    return read_options("STREAM_LIVE", Options)


_wrong = partial(wrong_option, "STREAM_LIVE")


redis_url = partial(conf.redis_url, "the broker of STREAM_LIVE")


def redis_channel() -> str:
    """Return the channel of Redis: it begins with ``STREAM_REDIS_PREFIX``."""
    return f"{getattr(settings, 'STREAM_REDIS_PREFIX', 'stream:')}live"
