"""Settings of the benchmarks; ``benchmarks.options`` sets the variables that are read here."""

import os
from importlib.util import find_spec

ENGINE = os.environ.setdefault("BENCH_ENGINE", "sqlite")
NAME = os.environ.setdefault("BENCH_NAME", "bench_stream")
MODELS = int(os.environ.get("BENCH_MODELS", "0"))  # generated ones, in databases of their own
FEEDS = bool(os.environ.get("BENCH_FEEDS"))  # timelines and notifications
PREFIX = os.environ.get("BENCH_PREFIX", "bench_stream")
PEER = find_spec("actstream") is not None and not MODELS and not FEEDS
HQ = find_spec("notifications") is not None and FEEDS

# The servers and their variables (PGHOST, MYSQL_HOST, …) are those of the tests.
os.environ["STREAM_TEST_DB"] = ENGINE
from tests.settings import DATABASE  # noqa: E402

SECRET_KEY = "only for benchmarks"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STREAM_VERBS = ()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "follow",
    "stream",
    "benchmarks.many" if MODELS else "benchmarks.app",
]
if PEER:
    INSTALLED_APPS.append("actstream")
if FEEDS:
    INSTALLED_APPS += ["stream.timelines", "stream.notifications", "benchmarks.feeds"]
if HQ:
    INSTALLED_APPS.append("benchmarks.feeds.hq_app.HqConfig")

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

DATABASES = {"default": {**DATABASE, "NAME": NAME}}
if ENGINE == "mariadb":
    DATABASES["default"]["OPTIONS"] = {**DATABASE["OPTIONS"], "local_infile": True}
