"""Stored timelines give the rows of the join, whatever happens and in whatever order."""

import datetime as dt
from functools import partial

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, given, settings as examples, strategies as st

from follow.models import Follow
from stream.jobs import running as jobs
from stream.models import Action
from stream.streams import user_stream
from stream.timelines import JoinTimeline, get_timeline, outbox, steps
from stream.timelines.models import Job, Joined, State
from stream.utils import action

pytestmark = pytest.mark.django_db

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PEOPLE, GROUPS = 5, 3

things = st.sampled_from([0, 1, 3, 3, 4, 5, 5, 5, 6])  # some of them more than others
people = st.integers(0, PEOPLE - 1)
times = st.integers(0, 6)  # few, so that many are equal
picks = st.integers(0, 40)
flags = st.sampled_from(["", "watching"])
sends = st.tuples(
    st.just("send"), things, st.none() | things, st.none() | things, times, st.booleans()
)
plain_sends = st.tuples(st.just("send"), things, st.none(), st.none(), times, st.just(True))
follows = st.tuples(st.just("follow"), st.integers(0, 2), things, flags, st.booleans(), times)
others = st.one_of(
    st.tuples(st.just("send_many"), things, st.lists(times, max_size=6)),
    st.tuples(st.just("unfollow"), people, picks),
    st.tuples(st.just("widen"), people, picks),
    st.tuples(st.just("delete"), picks),
    st.tuples(st.just("move"), picks, times),
    st.tuples(st.just("hide"), picks),
    st.tuples(st.just("show"), picks),
    st.tuples(st.just("delete_object"), things),
    st.tuples(st.just("trim")),
    st.tuples(st.just("read"), people),
    st.tuples(st.just("deliver"), picks),
    st.tuples(st.just("step"), picks),
    st.tuples(st.just("rebuild"), people),
    st.tuples(st.just("unjoin"), picks),
)
first = st.lists(sends | plain_sends | follows, min_size=6, max_size=20)
events = st.lists(sends | plain_sends | follows | others | others, min_size=5, max_size=25)


def at(number):
    return START + dt.timedelta(minutes=number)


class World:
    """A site, to which things happen; jobs are delivered late, twice and in any order."""

    def __init__(self):
        self.people = User.objects.bulk_create(User(username=f"u{n}") for n in range(PEOPLE))
        groups = Group.objects.bulk_create(Group(name=str(n)) for n in range(GROUPS))
        self.things = [*self.people, *groups]
        self.delivered = []

    def do(self, name, *arguments):
        getattr(self, name)(*arguments)

    def pick(self, queryset, number):
        found = list(queryset.order_by("pk"))
        return found[number % len(found)] if found else None

    def send(self, actor, target, obj, time, public):
        pick = [*self.things, None]
        roles = [pick[actor], None if target is None else pick[target]]
        roles.append(None if obj is None else pick[obj])
        if any(role is not None and role.pk is None for role in roles):
            return  # deleted
        actor, target, obj = roles
        if actor:
            Action.objects.create(actor, "x", target, obj, datetime=at(time), public=public)

    def send_many(self, actor, times):
        if self.things[actor].pk:
            action.send_many(
                {"actor": self.things[actor], "verb": "y", "datetime": at(time)} for time in times
            )

    def follow(self, user, followed, flag, actor_only, time):
        user, followed = self.things[user], self.things[followed]
        if user.pk and followed.pk:
            defaults = {"actor_only": actor_only, "datetime": at(time)}
            Follow.objects.get_or_create(user, followed, flag=flag, defaults=defaults)

    def unfollow(self, user, number):
        if found := self.pick(Follow.objects.filter(user=self.things[user].pk), number):
            found.delete()

    def widen(self, user, number):
        if found := self.pick(Follow.objects.filter(user=self.things[user].pk), number):
            found.actor_only = not found.actor_only
            found.save()

    def delete(self, number):
        if found := self.pick(Action.objects.all(), number):
            found.delete()

    def move(self, number, time):
        if found := self.pick(Action.objects.all(), number):
            found.datetime = at(time)
            found.save()

    def hide(self, number):
        if found := self.pick(Action.objects.all(), number):
            found.public = False
            found.save()

    def show(self, number):
        if found := self.pick(Action.objects.filter(public=False), number):
            Action.objects.filter(pk=found.pk).update(public=True)

    def delete_object(self, number):
        if self.things[number].pk:
            self.things[number].delete()

    def trim(self):
        get_timeline().trim(State.objects.values_list("pk", flat=True), "default")

    def read(self, user):
        if self.things[user].pk:
            get_timeline().page(user_stream(self.things[user]), 3)

    def deliver(self, number):
        if job := self.pick(Job.objects.all(), number):
            self.delivered.append(
                {"kind": job.kind, "data": job.data, "created_at": job.created_at}
            )
            jobs.run_job(Job, job.pk)

    def step(self, number):
        """A worker takes one step and is killed; or a job that is done is delivered again."""
        if self.delivered and number % 2:
            Job.objects.create(**self.delivered[number % len(self.delivered)])
        elif job := self.pick(Job.objects.all(), number):
            step = steps.take_step(job, "default")
            if step.cursor is not None and number % 4:
                job.cursor = step.cursor
                job.save()

    def rebuild(self, user):
        if self.things[user].pk and State.objects.filter(pk=self.things[user].pk).exists():
            outbox.enqueue(Job.Kind.BUILD, [{"user": self.things[user].pk}], "default")

    def unjoin(self, number):
        if mark := self.pick(Joined.objects.all(), number):
            outbox.enqueue(Job.Kind.UNJOIN, [{"joined": mark.pk}], "default")


def walk(page):
    """Return the pages of a feed, forward to its end and back, as lists of keys."""
    found = [page()]
    while found[-1].next:
        found.append(page(after=found[-1].next))
    back = [found[-1]]
    while back[-1].previous:
        back.append(page(before=back[-1].previous))
    return [
        ([a.pk for a in each], each.next is None, each.previous is None) for each in [*found, *back]
    ]


@pytest.mark.parametrize("name", ["TableTimeline", "RedisTimeline"])
@given(
    first,
    events,
    st.sampled_from([3, 8, 1000]),
    st.sampled_from([1, 2, 5000]),
    st.sampled_from([0, 1, 2, None]),
    st.integers(1, 6),
    st.booleans(),
    st.randoms(use_true_random=False),
)
@examples(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_all_timelines_are_equal(
    timelines, name, first, events, keep, chunk, join_above, size, own, random
):
    timelines(name, keep=keep, chunk=chunk, join_above=join_above, deliver="command")
    with transaction.atomic(), override_settings(STREAM_HOME_INCLUDES_OWN=own):
        world = World()
        for event in first:
            world.do(*event)
        for user in world.people[:3]:
            get_timeline().page(user_stream(user))
        jobs.run_all()
        for event in events:
            world.do(*event)
        while keys := list(Job.objects.values_list("pk", flat=True)):
            random.shuffle(keys)
            for key in keys:
                jobs.run_job(Job, key)
        for user in world.people:
            if user.pk is None:
                continue
            for _ in range(2):
                timeline = get_timeline()
                expected = walk(partial(JoinTimeline().page, user_stream(user), size))
                assert walk(partial(timeline.page, user_stream(user), size)) == expected
                jobs.run_all()
        transaction.set_rollback(True)
