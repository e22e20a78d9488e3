"""Groups: pages against a plain grouping of all actions."""

import datetime as dt
import zoneinfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra.django import TestCase

from follow.utils import follow
from stream.feeds import GroupBy
from stream.groups import pages as groups_pages
from stream.groups.group import key_of_object
from stream.groups.keys import start_of
from stream.models import Action
from stream.streams import user_stream
from tests.early.models import Band
from tests.testapp.models import Song, Tag

ZONES = ["UTC", "America/Havana", "Pacific/Auckland"]
START = dt.datetime(2026, 3, 6, 22, tzinfo=dt.UTC)  # Havana changes its clock on the 8th


def plain(actions, by):
    """Group all actions: key, actions, actors, newest first, and that they are all."""
    groups = {}
    for action in actions:
        groups.setdefault(by.key_of(action), []).append(action)
    return [described(key, its, True) for key, its in groups.items()]


def nearby(actions, by, most_rows):
    """The same where a group begins unless one of so many newer actions has its key, and has those
    of so many actions from there on.
    """
    keys = [by.key_of(action) for action in actions]
    groups = []
    for index, key in enumerate(keys):
        if key in keys[max(index - most_rows, 0) : index]:
            continue
        window = range(index, min(index + most_rows, len(keys)))
        its = [actions[each] for each in window if keys[each] == key]
        left = actions[index + 1 : index + most_rows + 1]
        is_exact = len(left) < most_rows or is_over(by.period, actions[index], left[-1])
        groups.append(described(key, its, is_exact))
    return groups


def is_over(period, newest, action):
    return period is not None and action.datetime < start_of(period, newest.datetime)


def described(key, actions, is_exact):
    actors = [key_of_object(each, "actor") for each in actions]
    actors = list(dict.fromkeys(each for each in actors if each))
    return key, [each.pk for each in actions], actors, is_exact


def shown(group):
    actors = [(f"actor_{each._meta.model_name}", each.pk) for each in group.actors]
    counts = group.action_count, group.actor_count, group.is_exact
    return group.key, [each.pk for each in group.actions], actors, *counts


def assert_same(groups, wanted, most_actions=5, most_actors=5):
    assert [shown(each) for each in groups] == [
        (key, pks[:most_actions], actors[:most_actors], len(pks), len(actors), is_exact)
        for key, pks, actors, is_exact in wanted
    ]


def walk(feed, size):
    """Return the groups of all pages of a feed, checked to be the same backward."""
    pages = [feed.page(size)]
    while pages[-1].next:
        pages.append(feed.page(size, after=pages[-1].next))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(feed.page(size, before=back[-1].previous))
    groups = [shown(each) for page in pages for each in page]
    seen = [shown(each) for page in reversed(back) for each in page]
    assert seen == groups
    return [group for page in pages for group in page]


ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 4),  # the actor
        st.sampled_from(["liked", "read"]),
        st.integers(0, 5),  # the target
        st.integers(0, 3),  # the action object
        st.integers(0, 90),  # hours
        st.booleans(),  # public
    ),
    max_size=30,
)


def key_of_ones_own(action):
    return action.verb, action.datetime.hour % 2


KEYS = st.sampled_from(
    [
        ("verb", "object", "day"),
        ("verb", "target", "day"),
        ("action_object", "day"),
        ("verb",),
        ("actor", "week"),
        ("object",),
        ("month",),
        (key_of_ones_own,),
        (key_of_ones_own, "week"),
    ]
)
ROWS = st.sampled_from([1, 2, 5, 12, 1000])


class TestAgainstPython(TestCase):
    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        ACTIONS, KEYS, st.integers(1, 5), ROWS, st.sampled_from(ZONES), st.booleans(), st.booleans()
    )
    def test_groups_are_those_of_a_plain_grouping(
        self, rows, key, size, most_rows, zone, home, dense
    ):
        users = [User.objects.create(username=str(number)) for number in range(4)]
        band = Band.objects.create(name="band")
        actors = [*users, band]
        song = Song.objects.create(title="song")
        targets = [None, users[0], users[1], band, song, Tag.objects.create(name="tag")]
        objects = [None, users[0], band, song]
        Action.objects.bulk_create(
            Action(
                actor=actors[actor],
                verb=verb,
                target=targets[target],
                action_object=objects[obj],
                datetime=START + dt.timedelta(hours=hours),
                public=public,
            )
            for actor, verb, target, obj, hours, public in rows
        )
        for obj in (users[1], band):
            follow(users[3], obj, actor_only=obj is band)
        follow(users[3], song, actor_only=False)
        queryset = user_stream(users[3], with_user_activity=True) if home else Action.objects.all()
        by = GroupBy(*key)
        with pytest.MonkeyPatch.context() as patch, timezone.override(zoneinfo.ZoneInfo(zone)):
            patch.setattr(groups_pages, "FIRST_ROWS", 2 if dense else 100)
            patch.setattr(groups_pages, "ROWS_OF_A_QUERY", 3 if dense else 500)
            groups = walk(queryset.grouped(*key, most_rows=most_rows), size)
            newest_first = list(queryset.order_by("-datetime", "-id"))
            assert_same(groups, nearby(newest_first, by, most_rows))
            if most_rows == 1000:
                assert_same(groups, plain(newest_first, by))
