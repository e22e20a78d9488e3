"""Settings of the workers: those of the tests, and what the test that starts a worker has set."""

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["SCALE_DATABASE"]

CELERY_BEAT_SCHEDULE = {"timelines": {"task": "stream.resume_jobs", "schedule": 1.0}}

globals().update(json.loads(os.environ["SCALE_SETTINGS"]))
