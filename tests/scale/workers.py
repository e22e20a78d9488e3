"""Celery workers as sites run them, but for being killed."""

import json
import sys

from django.conf import settings
from django.db import connection

from tests.scale.processes import Process
from tests.support.projects import REPOSITORY

# What a test may set and its workers must know.
SHARED = ("CELERY_", "STREAM_JOBS", "STREAM_REDIS", "STREAM_TIMELINE")


class Worker(Process):
    """A worker of two processes on the database and with the settings of the test."""

    def __init__(self, folder, *options):
        command = [sys.executable, "-m", "celery", "-A", "tests.scale.celery_app", "worker"]
        command += ["--concurrency", "2", "--without-gossip", "--without-mingle"]
        command += ["--hostname", f"{folder.name}@%h"]
        command += ["--schedule", folder / "beat", "--loglevel", "INFO", *options]
        names = [name for name in dir(settings) if name.startswith(SHARED)]
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.scale.settings",
            "PYTHONPATH": str(REPOSITORY),
            "SCALE_DATABASE": connection.settings_dict["NAME"],
            "SCALE_SETTINGS": json.dumps({name: getattr(settings, name) for name in names}),
        }
        super().__init__(command, folder, environment)

    def is_ready(self):
        return " ready." in self.said()
