"""Stored timelines: jobs, chunks, joined objects, what is lost and found again, and commands."""

import datetime as dt
import random
import socket
from functools import partial
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from follow.models import Follow
from follow.utils import follow, unfollow
from stream.jobs import running as jobs
from stream.jobs.backlog import check_backlog
from stream.metrics import Metrics
from stream.models import Action
from stream.streams import user_stream
from stream.timelines import JoinTimeline, get_timeline, outbox, steps
from stream.timelines.checks import check_timelines
from stream.timelines.conf import options
from stream.timelines.models import Entry, Job, Joined, State
from stream.timelines.stores import redis_server
from stream.utils import action
from tests.support.routers import Primary
from tests.timelines.test_timelines_equal import walk

pytestmark = pytest.mark.django_db

STORES = ["TableTimeline", "RedisTimeline"]


@pytest.fixture
def table(timelines):
    return timelines("TableTimeline", deliver="command")


def keys(page):
    return [each.pk for each in page]


def fans(star, count):
    users = User.objects.bulk_create(User(username=f"fan{n}") for n in range(count))
    for user in users:
        follow(user, star)
    return users


def build(timeline, users):
    for user in users:
        timeline.page(user_stream(user))
    jobs.run_all()


def source(timeline, user, monkeypatch, **cursor):
    """Return where a page was read from."""
    counts = []
    monkeypatch.setattr(
        Metrics, "count", lambda self, name, amount=1, **labels: counts.append(labels)
    )
    timeline.page(user_stream(user), **cursor)
    monkeypatch.undo()
    return next(labels["source"] for labels in counts if "source" in labels)


# Who listens


def test_the_join_writes_nothing_besides(lennon, hendrix, django_assert_num_queries):
    with django_assert_num_queries(1):
        action.send(lennon, "played")
    follow(hendrix, lennon)
    assert isinstance(get_timeline(), JoinTimeline)
    assert not Job.objects.exists()


def test_an_action_writes_one_job_in_its_transaction(
    table, lennon, hendrix, django_assert_num_queries
):
    with django_assert_num_queries(4):  # with the savepoint that tests add
        action.send(lennon, "played")
    with transaction.atomic():
        action.send(lennon, "undone")
        transaction.set_rollback(True)
    assert Job.objects.count() == 1


def test_many_actions_share_jobs(table, lennon):
    action.send_many({"actor": lennon, "verb": "played"} for _ in range(250))
    assert [len(job.data["actions"]) for job in Job.objects.order_by("pk")] == [100, 100, 50]


# In process


def test_after_commit_the_rows_are_there(
    timelines, lennon, hendrix, django_capture_on_commit_callbacks, monkeypatch
):
    timeline = timelines("TableTimeline")
    with django_capture_on_commit_callbacks(execute=True):
        follow(hendrix, lennon)
        timeline.page(user_stream(hendrix))
    with django_capture_on_commit_callbacks(execute=True):
        sent = action.send(lennon, "played")
    assert not Job.objects.exists()
    assert keys(timeline.page(user_stream(hendrix))) == [sent.pk]
    assert source(timeline, hendrix, monkeypatch) == "stored"


def test_a_job_that_fails_does_not_break_what_was_committed(
    timelines, lennon, hendrix, django_capture_on_commit_callbacks, monkeypatch, caplog
):
    timeline = timelines("TableTimeline")
    build(timeline, fans(lennon, 1))
    with monkeypatch.context() as patch:
        patch.setattr(type(timeline), "add", lambda *args, **kwargs: 1 / 0)
        with django_capture_on_commit_callbacks(execute=True):
            action.send(lennon, "played")
    assert "is not done yet" in caplog.text
    job = Job.objects.get()
    assert (job.attempts, job.error) == (1, "ZeroDivisionError: division by zero")
    assert jobs.resume_jobs(Job) == 0  # it was touched just now
    Job.objects.update(due_at=timezone.now() - dt.timedelta(hours=1))
    assert jobs.resume_jobs(Job) == 1
    assert not Job.objects.exists()
    assert Entry.objects.count() == 1


def lose_jobs(count, star):
    """Write jobs as a process does that is killed before it delivers them, an hour ago."""
    sent = [action.send(star, "played") for _ in range(count)]
    Job.objects.update(due_at=timezone.now() - dt.timedelta(hours=1))
    return sent


def test_later_commits_take_along_a_few_jobs_that_were_lost(
    timelines, lennon, django_capture_on_commit_callbacks
):
    timeline = timelines("TableTimeline")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    lost = lose_jobs(3 * jobs.TAKEN_ALONG, lennon)
    for left in (2, 1, 0):
        with django_capture_on_commit_callbacks(execute=True):
            action.send(lennon, "sang")
        assert Job.objects.count() == left * jobs.TAKEN_ALONG
    assert len(timeline.page(user_stream(fan))) == len(lost) + 3


def test_jobs_that_fail_again_and_again_do_not_keep_others_from_being_taken_along(
    timelines, lennon, monkeypatch, django_capture_on_commit_callbacks
):
    timeline = timelines("TableTimeline")
    build(timeline, fans(lennon, 1))
    lose_jobs(jobs.TAKEN_ALONG, lennon)
    poison = list(Job.objects.order_by("pk").values_list("pk", flat=True))
    lose_jobs(1, lennon)
    take_step = steps.take_step

    def fail_or_take(job, using):
        if job.pk in poison:
            raise ValueError
        return take_step(job, using)

    monkeypatch.setattr(steps, "take_step", fail_or_take)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            action.send(lennon, "sang")
    left = Job.objects.order_by("pk").values_list("pk", "attempts")
    assert list(left) == [(key, 1) for key in poison]


@pytest.mark.parametrize("deliver", ["command", "celery"])
def test_where_others_look_for_lost_jobs_commits_do_not(
    timelines, lennon, deliver, monkeypatch, django_capture_on_commit_callbacks
):
    timelines("TableTimeline", deliver=deliver)
    monkeypatch.setattr(jobs, "_send_task", lambda *args: None)
    lose_jobs(1, lennon)
    with django_capture_on_commit_callbacks(execute=True):
        action.send(lennon, "sang")
    assert jobs.overdue_jobs(Job).count() == 1


def test_a_check_tells_of_jobs_that_wait(table, lennon):
    assert check_backlog(databases=["default"]) == []
    lose_jobs(3, lennon)
    Job.objects.update(error="ValueError: x")
    [warning] = check_backlog(databases=["default"])
    assert warning.id == "stream.W075"
    assert warning.msg.startswith("3 rows of stream_timelines.Job in the database 'default'")
    assert "ValueError: x" in warning.hint
    assert check_backlog() == []


READ_ONLY = {
    "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
    "postgresql": (
        "SET default_transaction_read_only = on",
        "SET default_transaction_read_only = off",
    ),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", STORES)
def test_a_first_page_is_joined_where_nothing_can_be_written(timelines, lennon, caplog, name):
    timeline = timelines(name, deliver="command")
    [fan] = fans(lennon, 1)
    sent = action.send(lennon, "played")
    begin, end = READ_ONLY[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            assert keys(timeline.page(user_stream(fan))) == [sent.pk]
        finally:
            cursor.execute(end)
    assert "none can be begun; the join serves" in caplog.text
    assert not State.objects.exists()


# Chunks


@pytest.mark.parametrize("name", STORES)
def test_a_worker_that_is_killed_between_chunks_loses_and_doubles_nothing(timelines, lennon, name):
    timeline = timelines(name, deliver="command", chunk=3)
    users = fans(lennon, 8)
    build(timeline, users)
    sent = action.send(lennon, "played")
    job = Job.objects.get()
    step = steps.take_step(job, "default")
    assert (step.rows, step.cursor[3]) == (3, 3)
    job.cursor = step.cursor
    job.save()
    assert steps.take_step(job, "default").rows == 3  # and killed before its commit
    assert jobs.run_job(Job, job.pk)
    assert not jobs.run_job(Job, job.pk)  # delivered twice
    for user in users:
        assert keys(timeline.page(user_stream(user))) == [sent.pk]


@pytest.mark.parametrize("name", STORES)
def test_who_has_many_followers_is_joined_and_stored_again_later(timelines, lennon, name, settings):
    timeline = timelines(name, deliver="command", join_above=2)
    users = fans(lennon, 4)
    build(timeline, users)
    sent = [action.send(lennon, "played").pk for _ in range(3)]
    jobs.run_all()
    assert Joined.objects.get().followed == "target_user_id"
    assert [keys(timeline.page(user_stream(user))) for user in users] == [sent[::-1]] * 4
    for user in users[:2]:
        unfollow(user, lennon)
    jobs.run_all()
    out = StringIO()
    call_command("rebuild_timelines", stdout=out)
    assert not Joined.objects.exists()
    assert "Timelines built: 4 of 4." in out.getvalue()
    assert [keys(timeline.page(user_stream(user))) for user in users] == [
        [],
        [],
        sent[::-1],
        sent[::-1],
    ]


# What is stored


@pytest.mark.parametrize("name", STORES)
def test_following_copies_in_and_unfollowing_takes_out(timelines, lennon, hendrix, name):
    timeline = timelines(name, deliver="command")
    build(timeline, [hendrix])
    sent = action.send(lennon, "played")
    jobs.run_all()
    follow(hendrix, lennon)
    jobs.run_all()
    assert keys(timeline.page(user_stream(hendrix))) == [sent.pk]
    unfollow(hendrix, lennon)
    assert keys(timeline.page(user_stream(hendrix))) == []  # at once
    jobs.run_all()
    assert not Entry.objects.exists()


def test_only_timelines_that_are_read_are_filled(table, lennon):
    reader, idle = fans(lennon, 2)
    build(table, [reader])
    action.send(lennon, "played")
    jobs.run_all()
    assert list(Entry.objects.values_list("user", flat=True)) == [reader.pk]
    assert not State.objects.filter(pk=idle.pk).exists()


@pytest.mark.parametrize("name", STORES)
def test_trimming_bounds_a_timeline_and_older_pages_are_joined(
    timelines, lennon, hendrix, name, monkeypatch
):
    timeline = timelines(name, deliver="command", keep=5)
    follow(hendrix, lennon)
    build(timeline, [hendrix])
    for _ in range(20):
        action.send(lennon, "played")
    jobs.run_all()
    timeline.trim([hendrix.pk], "default")
    if name == "TableTimeline":
        assert Entry.objects.count() == 5
    assert source(timeline, hendrix, monkeypatch, size=4) == "stored"
    page = timeline.page(user_stream(hendrix), 4)
    assert source(timeline, hendrix, monkeypatch, size=4, after=page.next) == "join"
    assert keys(timeline.page(user_stream(hendrix), 4, page.next)) == keys(
        JoinTimeline().page(user_stream(hendrix), 4, page.next)
    )


def test_a_page_takes_two_queries_for_its_rows(table, lennon, hendrix, django_assert_num_queries):
    follow(hendrix, lennon)
    action.send(lennon, "played")
    build(table, [hendrix])
    with django_assert_num_queries(3):  # one more for the objects
        assert len(table.page(user_stream(hendrix))) == 1


def test_deleted_actions_and_users_are_gone(table, lennon):
    [fan] = fans(lennon, 1)
    action.send(lennon, "played")
    build(table, [fan])
    Action.objects.all().delete()
    assert keys(table.page(user_stream(fan))) == []
    fan.delete()
    assert not State.objects.exists()
    assert not Entry.objects.exists()


def test_deleting_actions_writes_no_job_and_reads_no_entry(table, lennon):
    [fan] = fans(lennon, 1)
    build(table, [fan])
    action.send(lennon, "played")
    jobs.run_all()
    with CaptureQueriesContext(connection) as queries:
        Action.objects.all().delete()
    assert not [each["sql"] for each in queries if "stream_timelines" in each["sql"]]


@pytest.mark.parametrize("name", ["TableTimeline", "RedisTimeline"])
def test_pages_of_the_home_feed_are_read_there_with_further_filters_too(timelines, name, lennon):
    timeline = timelines(name, deliver="command")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    sent = [action.send(lennon, "sang" if number % 3 else "wept") for number in range(9)]
    assert keys(user_stream(fan).page()) == []  # not delivered yet
    jobs.run_all()
    assert keys(user_stream(fan).page()) == keys(reversed(sent))
    wept = user_stream(fan, verb="wept")
    page = wept.page(2)
    assert keys(page) == [sent[6].pk, sent[3].pk]
    assert keys(wept.page(2, after=page.next)) == [sent[0].pk]
    assert keys(user_stream(fan, since_follow=True).page()) == keys(reversed(sent))  # joined


def test_actions_from_a_replica_are_fanned_out_where_the_router_writes(lennon, settings):
    sent = action.send(lennon, "played")
    sent._state.db = "replica"
    settings.DATABASE_ROUTERS = [Primary()]
    outbox.fan_out([sent])
    assert Job.objects.using("default").get().data == {"actions": [sent.pk]}


def test_a_change_by_raw_sql_is_told_by_hand(table, lennon):
    [fan] = fans(lennon, 1)
    build(table, [fan])
    sent = action.send(lennon, "played", public=False)
    jobs.run_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stream_action SET public = %s", [True])
    outbox.fan_out([sent])
    jobs.run_all()
    assert keys(table.page(user_stream(fan))) == [sent.pk]


def test_redis_that_lost_its_data_is_noticed(timelines, lennon, monkeypatch):
    timeline = timelines("RedisTimeline", deliver="command")
    [fan] = fans(lennon, 1)
    sent = action.send(lennon, "played")
    build(timeline, [fan])
    assert source(timeline, fan, monkeypatch) == "stored"
    redis_server.client().delete(redis_server.key_of(fan.pk))
    assert keys(timeline.page(user_stream(fan))) == [sent.pk]
    assert Job.objects.get().kind == Job.Kind.BUILD
    jobs.run_all()
    assert source(timeline, fan, monkeypatch) == "stored"


def test_redis_that_is_down_is_stood_in_for_by_the_join(timelines, lennon, settings, caplog):
    timeline = timelines("RedisTimeline", deliver="command")
    [fan] = fans(lennon, 1)
    sent = action.send(lennon, "played")
    build(timeline, [fan])
    settings.STREAM_REDIS_URL = "redis://127.0.0.1:1/0"
    assert keys(timeline.page(user_stream(fan))) == [sent.pk]
    assert "Redis does not answer" in caplog.text


def hanging_server():
    """Return the address of a server that takes connections and never answers, and its socket."""
    server = socket.create_server(("127.0.0.1", 0))
    return f"redis://127.0.0.1:{server.getsockname()[1]}/0", server


def test_redis_that_hangs_is_asked_once_by_many_jobs(timelines, lennon, settings, monkeypatch):
    timeline = timelines("RedisTimeline", deliver="command")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    monkeypatch.setattr(redis_server, "TIMEOUT_SECONDS", 0.2)
    settings.STREAM_REDIS_URL, server = hanging_server()
    for _ in range(5):
        action.send(lennon, "played")
    follow(fan, User.objects.create(username="other"))
    with server:
        assert jobs.run_all() == (0, 6)
        assert len(timeline.page(user_stream(fan))) == 5
        server.setblocking(False)
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    assert Job.objects.filter(error__contains="is left alone").count() == 5


GARBAGE = {
    "a text": lambda server, key: server.zadd(key, {"x": 1e15}),
    "a short number": lambda server, key: server.zadd(key, {"1": 1e15}),
    "a large number": lambda server, key: server.zadd(key, {"9" * 19: 1e15}),
    "a long number": lambda server, key: server.zadd(key, {"1" * 40: 1e15}),
    "digits that are no number": lambda server, key: server.zadd(key, {"\u00b2" * 19: 1e15}),
    "bytes": lambda server, key: server.zadd(key, {b"\xff" * 19: 1e15}),
    "a fraction": lambda server, key: server.zadd(key, {f"{1:019}": 1.5}),
    "infinity": lambda server, key: server.zadd(key, {f"{1:019}": float("inf")}),
    "a late time": lambda server, key: server.zadd(key, {f"{1:019}": 1e17}),
    "a string": lambda server, key: server.set(key, "x"),
    "a hash": lambda server, key: (server.delete(key), server.hset(key, "floor", "x")),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_in_a_key_of_redis_is_thrown_away(timelines, lennon, what):
    timeline = timelines("RedisTimeline", deliver="command")
    [fan] = fans(lennon, 1)
    sent = [action.send(lennon, "played").pk]
    build(timeline, [fan])
    server, key = redis_server.client(), redis_server.key_of(fan.pk)
    GARBAGE[what](server, key)
    assert keys(timeline.page(user_stream(fan))) == sent
    jobs.run_all()
    GARBAGE[what](server, key)
    sent = [action.send(lennon, "played").pk, *sent]
    outbox.enqueue(Job.Kind.PURGE, [{"user": fan.pk}], "default")
    assert jobs.run_all()[1] == 0
    for _ in range(2):
        assert keys(timeline.page(user_stream(fan))) == sent
        jobs.run_all()
    assert server.type(key) == "zset"


ODD_YEARS = [1001, 1600, 1683, 2255, 2256, 2300, 9998]


@pytest.mark.parametrize("name", STORES)
def test_times_far_away_are_read_in_their_order(timelines, lennon, name):
    timeline = timelines(name, deliver="command")
    [fan] = fans(lennon, 1)
    action.send(lennon, "early", datetime=dt.datetime(1650, 1, 1, tzinfo=dt.UTC))
    build(timeline, [fan])
    for year in random.sample(ODD_YEARS, len(ODD_YEARS)):
        for day in (2, 1):
            when = dt.datetime(year, 7, day, 1, 2, 3, 4, tzinfo=dt.UTC)
            action.send(lennon, "odd", datetime=when)
    action.send(lennon, "usual")
    jobs.run_all()
    all_keys = Action.objects.values_list("pk", flat=True)
    for _ in ("as it was filled", "as it is built"):
        stored = walk(partial(timeline.page, user_stream(fan), 3))
        assert stored == walk(partial(JoinTimeline().page, user_stream(fan), 3))
        assert {pk for page, *_ in stored for pk in page} == set(all_keys)
        call_command("rebuild_timelines", stdout=StringIO())


@pytest.mark.parametrize(("one", "other"), [STORES, STORES[::-1]])
def test_another_store_builds_its_own(timelines, lennon, one, other):
    timeline = timelines(one, deliver="command")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    timeline = timelines(other, deliver="command")
    sent = action.send(lennon, "played")
    jobs.run_all()
    assert keys(timeline.page(user_stream(fan))) == [sent.pk]
    jobs.run_all()
    assert State.objects.get().store == timeline.store
    assert keys(timeline.page(user_stream(fan))) == [sent.pk]


# Commands


def test_a_rebuild_that_breaks_off_is_resumed(table, lennon, monkeypatch):
    users = fans(lennon, 3)
    build(table, users)
    real, calls = type(table).build, []

    def build_two(self, user, using):
        calls.append(user.pk)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, user, using)

    with monkeypatch.context() as patch:
        patch.setattr(type(table), "build", build_two)
        with pytest.raises(KeyboardInterrupt):
            call_command("rebuild_timelines", stdout=StringIO())
    assert State.objects.filter(is_stale=True).count() == 1
    out = StringIO()
    call_command("rebuild_timelines", "--resume", stdout=out)
    assert out.getvalue() == "Timelines built: 1 of 1.\n"


def test_rebuilding_for_all_for_one_and_later(table, lennon):
    users = fans(lennon, 2)
    call_command("rebuild_timelines", "--all", stdout=StringIO())
    assert State.objects.filter(built_at__isnull=False).count() == User.objects.count()
    call_command("rebuild_timelines", "--reset", stdout=StringIO())
    assert not State.objects.exists()
    call_command("rebuild_timelines", "--user", str(users[0].pk), stdout=StringIO())
    assert State.objects.get().pk == users[0].pk
    with pytest.raises(CommandError, match="there is no such user"):
        call_command("rebuild_timelines", "--user", "0")


def test_delivering_by_command(table, lennon):
    build(table, fans(lennon, 1))
    action.send(lennon, "played")
    out = StringIO()
    call_command("run_stream_jobs", stdout=out)
    assert out.getvalue() == "1 done, 0 failed\n"


def test_rebuilding_needs_a_stored_timeline():
    with pytest.raises(CommandError, match="STREAM_TIMELINE names no stored timeline"):
        call_command("rebuild_timelines")


# Settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "STREAM_TIMELINE_OPTIONS = []: write a dict."),
        ({"kep": 1}, "['kep'] = 1: the options are keep, chunk"),
        ({"keep": 0}, "['keep'] = 0: write a whole number from 1 on."),
        ({"keep": [1]}, "write a whole number from 1 on."),
        ({"join_above": -1}, "write a whole number from 0 on."),
    ],
)
def test_wrong_options_are_told(timelines, settings, given, said):
    timelines("TableTimeline")
    settings.STREAM_TIMELINE_OPTIONS = given
    with pytest.raises(ImproperlyConfigured) as error:
        options()
    assert said in str(error.value)
    assert [each.id for each in check_timelines()] == ["stream.E034"]


def found_ids():
    return [each.id for each in check_timelines()]


def test_checks(settings, monkeypatch):
    assert found_ids() == []
    settings.STREAM_METRICS = "stream.timelines.Timeline"
    assert found_ids() == ["stream.E037"]
    del settings.STREAM_METRICS
    for name in ("no.such.Timeline", "stream.models.Action"):
        settings.STREAM_TIMELINE = name
        assert found_ids() == ["stream.E030"]
    settings.STREAM_TIMELINE = "stream.timelines.RedisTimeline"
    assert found_ids() == ["stream.E033"]
    settings.STREAM_REDIS_URL = "redis://127.0.0.1"
    assert found_ids() == []
    with monkeypatch.context() as patch:
        patch.setattr("stream.timelines.checks.find_spec", lambda name: None)
        assert found_ids() == ["stream.E032"]
    with monkeypatch.context() as patch:
        patch.setattr("stream.timelines.checks.find_follow_model", lambda: None)
        assert found_ids() == ["stream.E035"]
    settings.STREAM_TIMELINE = "stream.timelines.TableTimeline"
    settings.INSTALLED_APPS = [
        each for each in settings.INSTALLED_APPS if each != "stream.timelines"
    ]
    assert found_ids() == ["stream.E031"]


# Metrics


def test_what_prometheus_gets(table, lennon, settings):
    from prometheus_client import generate_latest

    settings.STREAM_METRICS = "tests.support.metrics.PrometheusMetrics"
    users = fans(lennon, 2)
    build(table, users)
    action.send(lennon, "played")
    jobs.run_all()
    text = generate_latest().decode()
    assert 'stream_timelines_rows_total{kind="fan_out"} 2.0' in text
    assert 'stream_timelines_reads_total{source="join"} 2.0' in text
    assert 'stream_timelines_lag_seconds_count{kind="fan_out"} 1.0' in text


def test_a_widened_follow_brings_what_was_done_to_the_object(table, lennon, hendrix):
    fan = User.objects.create(username="fan")
    follow(fan, hendrix)
    build(table, [fan])
    sent = action.send(lennon, "met", hendrix)
    jobs.run_all()
    assert keys(table.page(user_stream(fan))) == []
    Follow.objects.get().delete()
    follow(fan, hendrix, actor_only=False)
    jobs.run_all()
    assert keys(table.page(user_stream(fan))) == [sent.pk]
