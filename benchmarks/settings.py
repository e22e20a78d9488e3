"""Settings of the benchmarks, of which each process has its own: ``BENCH_OPTIONS`` tells them."""

import json
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# What `python -m benchmarks --help` lists, and: suite, name (of the database), registered.
OPTIONS = json.loads(os.environ.get("BENCH_OPTIONS", "{}"))
ENGINE = OPTIONS.get("engine", "sqlite")
MODELS = OPTIONS.get("registered", 0)  # generated ones, in databases of their own
FEEDS = OPTIONS.get("suite") == "feeds"  # timelines and notifications
PEER = find_spec("actstream") is not None and not MODELS and not FEEDS
HQ = find_spec("notifications") is not None and FEEDS
PREFIX = OPTIONS.get("prefix", "bench_stream")  # of the databases' names and of keys in Redis
NAME = f"{PREFIX}_{OPTIONS.get('name', '')}"
if ENGINE == "sqlite":
    FOLDER = Path(os.environ.get("BENCH_DIR", Path(tempfile.gettempdir(), "stream-benchmarks")))
    NAME = str(FOLDER / f"{NAME}.sqlite3")

# The servers and their variables (PGHOST, MYSQL_HOST, …) are those of the tests.
os.environ["STREAM_TEST_DB"] = ENGINE
from tests.settings import DATABASE  # noqa: E402

SECRET_KEY = "only for benchmarks"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STREAM_VERBS = ()

INSTALLED_APPS = [
    *("django.contrib.auth", "django.contrib.contenttypes", "follow", "stream"),
    "benchmarks.many" if MODELS else "benchmarks.app",
]
INSTALLED_APPS += ["actstream"] if PEER else []
INSTALLED_APPS += ["stream.timelines", "stream.notifications"] if FEEDS else []
INSTALLED_APPS += ["benchmarks.app.apps.HqConfig"] if HQ else []

# Tables straight from the models.
MIGRATION_MODULES = dict.fromkeys(
    [
        *("auth", "contenttypes", "stream", "follow", "actstream"),
        *("stream_timelines", "stream_notifications", "notifications"),
    ],
    None,
)

STREAM_TIMELINE = "stream.timelines.JoinTimeline"  # each case chooses its own
STREAM_REDIS_URL = os.environ.get("STREAM_TEST_REDIS", "redis://127.0.0.1:6379/15")
STREAM_REDIS_PREFIX = f"{PREFIX}:"

DATABASES: dict[str, dict[str, Any]] = {"default": {**DATABASE, "NAME": NAME}}
if ENGINE == "mariadb":
    DATABASES["default"]["OPTIONS"] = {**DATABASE["OPTIONS"], "local_infile": True}
