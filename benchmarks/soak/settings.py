"""Settings of the soak and of its workers; ``benchmarks.soak.__main__`` sets the variables."""

import os

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import INSTALLED_APPS

if "stream.timelines" not in INSTALLED_APPS:
    INSTALLED_APPS.append("stream.timelines")
STREAM_TIMELINE = os.environ["SOAK_TIMELINE"]
STREAM_TIMELINE_OPTIONS = {
    "deliver": "celery",
    "keep": 100,  # few, so that timelines are trimmed
    "chunk": 10,
    "retry_after": 20,
}
STREAM_REDIS_URL = os.environ["SOAK_STORE"]
STREAM_METRICS = "benchmarks.soak.metrics.Sources"
CELERY_BROKER_URL = os.environ["SOAK_BROKER"]
CELERY_BEAT_SCHEDULE = {"timelines": {"task": "stream.timelines.resume", "schedule": 2.0}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
