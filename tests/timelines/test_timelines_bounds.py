"""What a timeline holds when it is trimmed, when followees are copied in, and when marks end."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from follow.utils import follow
from stream.jobs import running as jobs
from stream.streams import user_stream
from stream.timelines import JoinTimeline
from stream.timelines.models import Entry, Job, Joined, State
from stream.timelines.stores import redis_server
from stream.utils import action
from tests.timelines.test_timelines import STORES, build, fans, keys, source

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def play(star, hours):
    """Send an action for each of these hours ago; return their keys."""
    return [action.send(star, "x", datetime=NOW - dt.timedelta(hours=each)).pk for each in hours]


def walk(page):
    """Return the keys of all pages of two."""
    found, after = [], None
    while True:
        part = page(after=after)
        found += keys(part)
        after = part.next
        if not after:
            return found


def assert_as_joined(timeline, user):
    stored = walk(lambda after: timeline.page(user_stream(user), 2, after))
    assert stored == walk(lambda after: JoinTimeline().page(user_stream(user), 2, after))


@pytest.mark.parametrize("name", STORES)
def test_a_busy_followee_does_not_hide_what_is_older(timelines, lennon, hendrix, name):
    timeline = timelines(name, keep=3, deliver="command")
    [fan] = fans(lennon, 1)
    play(lennon, [50])
    build(timeline, [fan])
    play(hendrix, range(20, 30))
    jobs.run_all()
    follow(fan, hendrix)  # copies three in
    jobs.run_all()
    assert_as_joined(timeline, fan)


@pytest.mark.parametrize("name", STORES)
def test_a_trimmed_timeline_holds_the_newest(timelines, lennon, monkeypatch, name):
    timeline = timelines(name, keep=4, deliver="command")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    play(lennon, [3, 9, 1, 7, 5, 8, 2, 6, 4])
    jobs.run_all()
    timeline.trim(State.objects.values_list("pk", flat=True), "default")
    assert source(timeline, fan, monkeypatch, size=3) == "stored"
    assert source(timeline, fan, monkeypatch, size=4) == "join"
    assert_as_joined(timeline, fan)


def test_a_trimmed_table_has_no_more_rows_than_it_keeps(timelines, lennon):
    table = timelines("TableTimeline", keep=4, deliver="command")
    [fan] = fans(lennon, 1)
    build(table, [fan])
    sent = play(lennon, range(9, 0, -1))
    jobs.run_all()
    table.trim([fan.pk], "default")
    left = Entry.objects.order_by("datetime").values_list("action_id", flat=True)
    assert list(left) == sent[-4:]


def test_what_is_copied_into_redis_is_trimmed_at_once(timelines, lennon):
    timeline = timelines("RedisTimeline", keep=3, deliver="command")
    fan, *stars = fans(lennon, 6)
    for number, star in enumerate(stars):
        play(star, [number + 1])
    build(timeline, [fan])
    for star in stars:
        follow(fan, star)
    jobs.run_all()
    assert redis_server.client().zcard(redis_server.key_of(fan.pk)) == 3 + 2  # beside its state
    assert_as_joined(timeline, fan)


@pytest.mark.parametrize("name", STORES)
def test_what_is_sent_while_a_mark_ends_is_stored(timelines, lennon, name):
    timeline = timelines(name, join_above=None, deliver="command")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    timeline = timelines(name, join_above=1000, deliver="command")
    mark = Joined.objects.create(
        followed="target_user_id", object_key=str(lennon.pk), is_ending=True
    )
    [sent] = play(lennon, [1])
    jobs.run_all()
    mark.delete()
    assert keys(timeline.page(user_stream(fan))) == [sent]


def test_users_of_a_trimmed_chunk_that_keep_little_are_left_alone(timelines, lennon):
    table = timelines("TableTimeline", keep=50, deliver="command")
    users = fans(lennon, 2)
    build(table, users)
    play(lennon, range(5))
    jobs.run_all()
    table.trim(User.objects.values_list("pk", flat=True), "default")
    assert Entry.objects.count() == 10
    assert not State.objects.exclude(floor=None).exists()
    assert not Job.objects.exists()
