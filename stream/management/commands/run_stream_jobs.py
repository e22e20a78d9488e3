"""Run the jobs of timelines and channels that wait."""

from __future__ import annotations

from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stream.jobs.models import job_models
from stream.jobs.running import run_all


class Command(BaseCommand):
    help = "Run the jobs of timelines and channels that wait, once or on and on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--again", action="store_true", help="also what has failed and is not due yet"
        )
        parser.add_argument("--watch", action="store_true", help="go on until interrupted")
        parser.add_argument(
            "--interval", type=float, default=1.0, help="seconds between two looks (default: 1)"
        )
        parser.add_argument("--database", help="the database of the actions")

    def handle(self, **options: Any) -> None:
        if not job_models():
            raise CommandError(
                "No app has jobs: add 'stream.timelines' or 'stream.notifications' to "
                "INSTALLED_APPS."
            )
        while True:
            done, failed = run_all(using=options["database"], again=options["again"])
            if done or failed or not options["watch"]:
                self.stdout.write(f"{done} done, {failed} failed")
            if not options["watch"]:
                break
            try:
                sleep(options["interval"])
            except KeyboardInterrupt:
                break
        if failed:
            raise CommandError("Some jobs have failed; the column 'error' of the table says why.")
