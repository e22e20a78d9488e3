"""A site with stored timelines, and what must hold of them in the end."""

from collections import Counter
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import connection, transaction

from follow.models import Follow
from stream.jobs import running as jobs
from stream.metrics import Metrics
from stream.streams import user_stream
from stream.timelines import JoinTimeline, get_timeline
from stream.timelines.models import Job
from stream.utils import action
from tests.scale.processes import wait_until

PAGE = 7
JOB_OPTIONS = "deliver", "queue", "retry_after"
RETRY_AFTER = 1  # second, after which a lost job is delivered anew


class Sources(Metrics):
    """Counts in this process from where pages were read."""

    pages = Counter()

    def count(self, name, amount=1, **labels):
        if name == "reads":
            self.pages[labels["source"]] += amount


def choose(settings, timeline, **options):
    """Store timelines in this process and in the workers that are started from now on."""
    settings.STREAM_METRICS = "tests.scale.feeds.Sources"
    settings.STREAM_TIMELINE = f"stream.timelines.{timeline}"
    set_options(settings, deliver="celery", chunk=2, retry_after=RETRY_AFTER, **options)


def set_options(settings, **changed):
    for name in ("STREAM_JOBS", "STREAM_TIMELINE_OPTIONS"):
        of_jobs = name == "STREAM_JOBS"
        some = {key: changed[key] for key in changed if (key in JOB_OPTIONS) is of_jobs}
        setattr(settings, name, {**getattr(settings, name, {}), **some})


def populate(settings, followers):
    """Return somebody with three actions, and so many followers; the timelines of all are built."""
    star = User.objects.create(username="star")
    fans = User.objects.bulk_create(User(username=f"fan{n}") for n in range(followers))
    with undelivered(settings):
        Follow.objects.bulk_create(Follow(user=fan, target=star) for fan in fans)
        for number in range(3):
            action.send(star, f"sang {number}")
        for each in (star, *fans):
            get_timeline().page(user_stream(each))  # begins the timeline
        jobs.run_all()
    assert not Job.objects.exists()
    return [star, *fans]


@contextmanager
def undelivered(settings):
    """Leave the jobs of a block in their table."""
    how = settings.STREAM_JOBS["deliver"]
    set_options(settings, deliver="command")
    yield
    set_options(settings, deliver=how)


def wait_for_jobs(*workers):
    """Wait until all jobs are done. Starts workers again that end, as a supervisor does."""

    def are_done():
        for each in workers:
            if each.has_ended():
                each.kill()
                each.start()
        return not Job.objects.exists()

    wait_until(are_done, lambda: f"no job is left: {list(Job.objects.values())}")


@contextmanager
def held_in_the_middle():
    """Hold the only job, once a part of it is done, when the next is written and not committed."""
    wait_until(lambda: Job.objects.filter(cursor__isnull=False).exists(), "a part is done")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Job._meta.db_table} IN SHARE MODE")
        assert Job.objects.exists(), "done before it was held"
        wait_until(is_somebody_waiting, "the worker waits for the table of jobs")
        yield


def is_somebody_waiting():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass",
            [Job._meta.db_table],
        )
        return cursor.fetchone() is not None


def assert_as_joined(users, sources=frozenset({"stored"})):
    """Compare all pages of users with the join, and from where they were read."""
    assert not Job.objects.exists()
    Sources.pages.clear()
    for user in users:
        stored = keys_of_pages(get_timeline().page, user_stream(user))
        assert stored == keys_of_pages(joined_page, user), user
    assert set(Sources.pages) == sources, Sources.pages


def joined_page(user, size, after):
    return JoinTimeline().page(user_stream(user), size, after)


def keys_of_pages(read, user):
    """Return the keys of the actions of each page, the first of which may be empty."""
    pages, cursor = [], None
    while True:
        page = read(user, PAGE, cursor)
        pages.append([row.pk for row in page])
        cursor = page.next
        if not cursor:
            return pages
