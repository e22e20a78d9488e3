"""Make stored timelines anew from the tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router, transaction

from stream.plan.source import get_timeline
from stream.timelines.jobs import unjoin_few
from stream.timelines.models import Job, State

BATCH = 500  # users in memory


class Command(BaseCommand):
    help = "Make the stored timelines anew from the tables, those that there are or those of all."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--user", action="append", metavar="KEY", help="of this user alone")
        which.add_argument("--all", action="store_true", help="of users who have none yet, too")
        which.add_argument("--resume", action="store_true", help="go on where a run broke off")
        which.add_argument(
            "--reset", action="store_true", help="forget all; each is built when it is read"
        )
        parser.add_argument("--database", help="the database of the actions")

    def handle(self, **options: Any) -> None:
        timeline: Any = get_timeline()
        if not timeline.is_stored:
            raise CommandError("STREAM_TIMELINE names no stored timeline: there is none to build.")
        using = options["database"] or router.db_for_write(Job)
        if options["reset"]:
            timeline.reset(using)
            self.stdout.write("All timelines are forgotten; each is built when it is read.")
            return
        self.mark(timeline, using, options)
        unjoin_few(using)
        stale = State.objects.using(using).filter(is_stale=True)
        total, done = stale.count(), 0
        users = get_user_model()._base_manager.using(using)
        while keys := list(stale.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            found = users.in_bulk(keys)
            for key in keys:
                with transaction.atomic(using=using):
                    if not (key in found and timeline.rebuild(found[key], using)):
                        State.objects.using(using).filter(pk=key).delete()  # of nobody
                done += 1
                self.progress(done, total)
        self.stdout.write(f"Timelines built: {done} of {total}.")

    def mark(self, timeline: Any, using: str, options: dict[str, Any]) -> None:
        """Mark the timelines to build, so that a run that breaks off can be resumed."""
        states = State.objects.using(using)
        users = get_user_model()._base_manager.using(using).order_by("pk")
        if options["user"]:
            wanted = users.filter(pk__in=options["user"])
            if unknown := set(options["user"]) - {str(user.pk) for user in wanted}:
                raise CommandError(f"--user {', '.join(sorted(unknown))}: there is no such user")
            self.add(timeline, using, wanted.values_list("pk", flat=True).iterator(BATCH))
            states.filter(pk__in=wanted.values("pk")).update(is_stale=True)
        elif options["all"]:
            self.add(timeline, using, users.values_list("pk", flat=True).iterator(BATCH))
        if not options["user"] and not options["resume"]:
            states.update(is_stale=True)

    def add(self, timeline: Any, using: str, keys: Iterator[Any]) -> None:
        while some := list(islice(keys, BATCH)):
            new = [State(pk=key, store=timeline.store, is_stale=True) for key in some]
            State.objects.using(using).bulk_create(new, ignore_conflicts=True)

    def progress(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            width = 40 * done // max(done, total)
            self.stdout.write(f"\r[{'#' * width:40}] {done} of {total} ", ending="")
            if done >= total:
                self.stdout.write("")
        elif done % BATCH == 0:
            self.stdout.write(f"{done} of {total}")
        self.stdout.flush()
