"""The home feed's plan gives the rows of its plain definition, row by row."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from follow.models import Follow
from stream.models import Action
from stream.plan import merge, pages
from stream.plan.homefeed import HomeFeed
from stream.streams import user_stream
from stream.utils import action

pytestmark = pytest.mark.django_db

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

objects = st.integers(0, 7)  # of which the first five are users, the others groups
times = st.integers(0, 5)  # few, so that many are equal
actions = st.lists(
    st.tuples(objects, st.none() | objects, st.none() | objects, times, st.booleans()), max_size=40
)
follows = st.lists(
    st.tuples(objects, st.sampled_from(["", "watching"]), st.booleans(), times),
    max_size=12,
    unique_by=lambda follow: follow[:2],
)
options = st.fixed_dictionaries(
    {},
    optional={
        "with_user_activity": st.booleans(),
        "flag": st.sampled_from(["", "watching"]),
        "since_follow": st.booleans(),
    },
)


def at(number):
    return START + dt.timedelta(minutes=number)


def build(actions, follows):
    people = User.objects.bulk_create(User(username=f"u{number}") for number in range(5))
    everything = people + Group.objects.bulk_create(Group(name=str(n)) for n in range(3))
    pick = [*everything, None]
    action.send_many(
        {
            "actor": pick[actor],
            "verb": "x",
            "target": None if target is None else pick[target],
            "action_object": None if obj is None else pick[obj],
            "datetime": at(time),
            "public": public,
        }
        for actor, target, obj, time, public in actions
    )
    for followed, flag, actor_only, time in follows:
        Follow.objects.create(
            people[0], pick[followed], flag=flag, actor_only=actor_only, datetime=at(time)
        )
    return people[0]


def by_hand(user, with_user_activity=False, flag=None, since_follow=False):
    """The definition in Python, of no query but all rows."""
    found = []
    for row in Action.objects.with_objects():
        held = with_user_activity and row.actor == user
        for follow in Follow.objects.filter(user=user).with_objects():
            if flag is not None and follow.flag != flag:
                continue
            if since_follow and row.datetime < follow.datetime:
                continue
            roles = [row.actor]
            if not follow.actor_only:
                roles += [row.target, row.action_object]
            held = held or follow.target in roles
        if held and row.public:
            found.append(row.pk)
    return found


@pytest.fixture(params=[(1, 0), (3, 2), (100, 0), (1000, 100)])
def small_window(request, monkeypatch):
    """Few rows and follows stand for many, so that each part of the plan has its turn."""
    tested, few = request.param
    monkeypatch.setattr(pages, "ROWS_TESTED", tested)
    monkeypatch.setattr(pages, "KEYS_PROBED_AT_ONCE", few)


@given(actions, follows, options, st.integers(1, 6), st.integers(0, 4))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_page_is_that_of_the_plain_definition(
    small_window, actions, follows, options, size, offset
):
    with transaction.atomic():
        user = build(actions, follows)
        expected = by_hand(user, **options)
        stream = user_stream(user, **options)
        assert [action.pk for action in stream] == expected
        assert [a.pk for a in stream[offset : offset + size]] == expected[offset : offset + size]
        assert [a.pk for a in stream.filter(verb="x", datetime__lt=at(3))[:size]] == [
            pk for pk in expected if Action.objects.get(pk=pk).datetime < at(3)
        ][:size]
        walked, page = [], stream.page(size)
        pages = [page]
        walked += [action.pk for action in page]
        while page.next:
            page = stream.page(size, after=page.next)
            pages.append(page)
            walked += [action.pk for action in page]
        assert walked == expected
        for earlier in reversed(pages[:-1]):
            page = stream.page(size, before=page.previous)
            assert [a.pk for a in page] == [a.pk for a in earlier]
        transaction.set_rollback(True)


def test_the_plan_is_used_and_left_where_it_does_not_fit():
    user = build([(0, 1, None, 1, True)], [(0, "", True, 0)])
    stream = user_stream(user)

    def has_plan(rows):
        return pages.Plan.make(rows) is not None

    assert has_plan(stream[:25])
    assert has_plan(stream.filter(actor_user__username="u1")[:25])
    assert has_plan(stream.order_by("datetime", "pk")[:25])
    assert has_plan(stream.reverse()[:25])
    assert has_plan(stream[500:5000])
    assert has_plan((stream & user_stream(user, flag=""))[:25])
    for rows in (
        stream,
        stream[5:],
        stream[501:525],
        stream.order_by("verb")[:25],
        stream.filter(actor_user__groups__name="x")[:25],
        stream.distinct()[:25],
        stream.select_for_update()[:25],
        stream.values("pk")[:25],
        (stream | Action.objects.filter(verb="y"))[:25],
        stream.order_by().union(stream.order_by())[:25],
        Action.objects.filter(pk__in=stream)[:25],
        Action.objects.all()[:25],
    ):
        assert not has_plan(rows)
        list(rows)


@pytest.mark.parametrize("since_follow", [False, True])
def test_the_feed_as_a_subquery(since_follow):
    user = build([(1, 0, None, time, True) for time in range(5)], [(1, "", True, 3)])
    stream = user_stream(user, since_follow=since_follow)
    expected = 2 if since_follow else 5
    assert Action.objects.filter(pk__in=stream).count() == expected
    assert User.objects.filter(actions_user__in=stream).count() == expected
    actors = stream.order_by().values("actor_user")
    assert Follow.objects.filter(target_user__in=actors).count() == 1
    assert (stream | Action.objects.none()).count() == expected
    assert (stream & Action.objects.filter(verb="x")).count() == expected


def test_somebody_who_does_far_more_than_the_others():
    user = build(
        [(1, None, None, time % 3, True) for time in range(60)]
        + [(number, None, None, 0, True) for number in range(2, 8)],
        [(number, "", True, 0) for number in range(1, 8)],
    )
    stream = user_stream(user)
    expected = by_hand(user)
    for size in (1, 2, 5, 20):
        assert [a.pk for a in stream[:size]] == expected[:size]


def test_so_many_followees_that_the_plain_query_is_left(monkeypatch):
    monkeypatch.setattr(merge, "SELECTS_OF_A_UNION", 3)
    user = build(
        [(number, None, None, 0, True) for number in range(1, 8)] * 3,
        [(number, "", True, 0) for number in range(1, 8)],
    )
    assert [a.pk for a in user_stream(user)[:20]] == by_hand(user)[:20]


def test_filters_that_nothing_meets(monkeypatch):
    monkeypatch.setattr(pages, "ROWS_TESTED", 2)
    user = build([(0, None, None, time, True) for time in range(5)], [(1, "", True, 0)])
    stream = user_stream(user, with_user_activity=True)
    assert len(stream[:3]) == 3
    for rows in (stream.none(), stream.filter(verb__in=[]), stream.filter(pk__in=[])):
        assert list(rows[:3]) == []
        assert list(rows.page(3)) == []


def test_the_feed_composes():
    user = build([(1, 0, None, time, True) for time in range(5)], [(1, "", True, 0)])
    stream = user_stream(user)
    assert stream.count() == 5
    assert stream.exists()
    assert len(stream.in_bulk()) == 5
    assert stream.exclude(datetime=at(0)).count() == 4
    assert stream.first().datetime == at(4)
    assert stream.last().datetime == at(0)
    assert [a.datetime for a in stream.reverse()[:2]] == [at(0), at(1)]
    assert isinstance(stream._feed, HomeFeed)


def between_the_steps(monkeypatch, change):
    """Let something happen once between the steps in which a page is found."""
    find, done = merge.Merge.numbered_rows, []

    def find_and_change(self, selects, count):
        rows = find(self, selects, count)
        if not done:
            done.append(True)
            change()
        return rows

    monkeypatch.setattr(merge.Merge, "numbered_rows", find_and_change)


def walked(user, size):
    page = user_stream(user).page(size)
    found = list(page)
    while page.next:
        page = user_stream(user).page(size, after=page.next)
        found += page
    return [action.pk for action in found]


@pytest.fixture
def fan():
    return build(
        [(number, None, None, 0, True) for number in range(1, 8)] * 2
        + [(number, None, None, 0, True) for number in range(2, 8)] * 6,
        [(number, "", True, 0) for number in range(1, 8)],
    )


@pytest.mark.parametrize("size", [3, 20, 35])
def test_rows_that_are_deleted_between_the_steps_do_not_end_a_stream(fan, monkeypatch, size):
    deleted = by_hand(fan)[: size + 5]
    between_the_steps(monkeypatch, Action.objects.filter(pk__in=deleted).delete)
    assert walked(fan, size) == by_hand(fan)


@pytest.mark.parametrize("size", [3, 20, 35])
def test_rows_that_are_added_between_the_steps_hide_no_others(fan, monkeypatch, size):
    before = by_hand(fan)
    quiet = User.objects.get(username="u1")

    def add():
        action.send(quiet, "x", datetime=at(1))

    between_the_steps(monkeypatch, add)
    found = walked(fan, size)
    assert [pk for pk in found if pk in before] == before
