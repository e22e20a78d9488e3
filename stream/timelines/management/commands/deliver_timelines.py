"""Run the jobs of stored timelines that wait."""

from __future__ import annotations

from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router

from stream.plan.source import get_timeline
from stream.timelines.jobs import run_all
from stream.timelines.models import Job


class Command(BaseCommand):
    help = "Run the jobs of stored timelines that wait, once or on and on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="go on until interrupted")
        parser.add_argument(
            "--interval", type=float, default=1.0, help="seconds between two looks (default: 1)"
        )
        parser.add_argument("--database", help="the database of the actions")

    def handle(self, **options: Any) -> None:
        if not get_timeline().is_stored:
            raise CommandError("STREAM_TIMELINE names no stored timeline: there is no job to run.")
        using = options["database"] or router.db_for_write(Job)
        while True:
            done, failed = run_all(using, again=not options["watch"])
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
