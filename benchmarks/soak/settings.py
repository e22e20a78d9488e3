"""Settings of the soaks and of the processes that they start, told by the variables they set."""

import os

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import DATABASES, ENGINE, INSTALLED_APPS, OPTIONS

if "timeline" in OPTIONS:
    INSTALLED_APPS.append("stream.timelines")
    STREAM_TIMELINE = {
        "table": "stream.timelines.TableTimeline",
        "redis": "stream.timelines.RedisTimeline",
    }[OPTIONS["timeline"]]
    STREAM_TIMELINE_OPTIONS = {
        "keep": 100,  # few, so that timelines are trimmed
        "chunk": 10,
    }
    STREAM_JOBS = {"deliver": "celery", "retry_after": 20}
    STREAM_REDIS_URL = os.environ["SOAK_STORE"]
    STREAM_METRICS = "tests.scale.feeds.Sources"
    CELERY_BROKER_URL = os.environ["SOAK_BROKER"]
    CELERY_BEAT_SCHEDULE = {"timelines": {"task": "stream.resume_jobs", "schedule": 2.0}}
    CELERY_WORKER_HIJACK_ROOT_LOGGER = False
else:
    INSTALLED_APPS.append("stream.notifications")
    MIGRATION_MODULES["reminders"] = None  # noqa: F405
    if OPTIONS["reference"]:
        INSTALLED_APPS.append("benchmarks.soak.reminders")
    database_options = DATABASES["default"].setdefault("OPTIONS", {})
    level = OPTIONS.get("isolation", "")
    if ENGINE == "sqlite":
        database_options |= {"transaction_mode": "IMMEDIATE", "timeout": 120}
    elif level and ENGINE == "mariadb":
        database_options["isolation_level"] = level
    elif level:
        from django.db.backends.postgresql.psycopg_any import IsolationLevel

        database_options["isolation_level"] = IsolationLevel[level.upper().replace(" ", "_")]
