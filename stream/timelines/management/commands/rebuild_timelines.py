"""Build stored timelines again from the tables."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router, transaction

from stream.chunks import key_chunks
from stream.jobs.running import run_job
from stream.plan.timeline import get_timeline
from stream.timelines.conf import options
from stream.timelines.followers import follows_of
from stream.timelines.models import Job, Joined, State

USERS_IN_MEMORY = 500


def unjoin_few(using: str) -> None:
    """Store the actions of joined objects that few users follow by now. Runs the jobs itself."""
    above = options().join_above
    for mark in list(Joined.objects.using(using)):
        follows = follows_of(mark.followed, mark.object_key, using)
        if above is None or follows.order_by()[: above + 1].count() <= above:
            job = Job.objects.using(using).create(kind=Job.Kind.UNJOIN, data={"joined": mark.pk})
            run_job(Job, job.pk, using)


class Command(BaseCommand):
    help = "Build the stored timelines again from the tables: existing ones, or those of all users."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--user", action="append", metavar="KEY", help="only of this user")
        which.add_argument("--all", action="store_true", help="also of users who have none yet")
        which.add_argument("--resume", action="store_true", help="continue a run that broke off")
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
        while keys := list(stale.order_by("pk").values_list("pk", flat=True)[:USERS_IN_MEMORY]):
            by_key = users.in_bulk(keys)
            for key in keys:
                with transaction.atomic(using=using):
                    if not (key in by_key and timeline.rebuild(by_key[key], using)):
                        State.objects.using(using).filter(pk=key).delete()  # of nobody
                done += 1
                self.progress(done, total)
        self.stdout.write(f"Timelines built: {done} of {total}.")

    def mark(self, timeline: Any, using: str, options: dict[str, Any]) -> None:
        """Mark the timelines to build, so that a run that breaks off can be resumed."""
        states = State.objects.using(using)
        users = get_user_model()._base_manager.using(using)
        if options["user"]:
            users = users.filter(pk__in=options["user"])
            if unknown := set(options["user"]) - {str(user.pk) for user in users}:
                raise CommandError(f"--user {', '.join(sorted(unknown))}: there is no such user")
        if options["user"] or options["all"]:
            for keys in key_chunks(users, USERS_IN_MEMORY):
                new = [State(pk=key, store=timeline.store, is_stale=True) for key in keys]
                states.bulk_create(new, ignore_conflicts=True)
        if options["user"]:
            states = states.filter(pk__in=users.values("pk"))
        if not options["resume"]:
            states.update(is_stale=True)

    def progress(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            width = 40 * done // max(done, total)
            self.stdout.write(f"\r[{'#' * width:40}] {done} of {total} ", ending="")
            if done >= total:
                self.stdout.write("")
        elif done % USERS_IN_MEMORY == 0:
            self.stdout.write(f"{done} of {total}")
        self.stdout.flush()
