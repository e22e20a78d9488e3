"""Groups: the statement against a plain grouping in Python."""

import datetime as dt
import zoneinfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra.django import TestCase

from follow.utils import follow
from stream.feeds import GroupBy, aggregation as aggregation_module
from stream.feeds.groups import key_of_object
from stream.models import Action
from stream.streams import user_stream
from tests.early.models import Band
from tests.testapp.models import Song, Tag

ZONES = ["UTC", "America/Havana", "Pacific/Auckland"]
START = dt.datetime(2026, 3, 6, 22, tzinfo=dt.UTC)  # Havana changes its clock on the 8th


def expected(actions, by):
    """Group actions in plain Python: (key, newest, actors, counts) with the newest group first."""
    groups = {}
    for action in sorted(actions, key=lambda each: (each.datetime, each.pk), reverse=True):
        groups.setdefault(by.key_of(action), []).append(action)
    found = []
    for key, its in groups.items():
        actors = list(dict.fromkeys(key_of_object(each, "actor") for each in its))
        actors = [each for each in actors if each]
        found.append((key, [each.pk for each in its], len(its), actors))
    return found


def shown(group):
    return group.key, [each.pk for each in group.actions], group.action_count, group.actor_count


def assert_same(groups, wanted, most_actions=5, most_actors=5):
    assert [shown(each) for each in groups] == [
        (key, pks[:most_actions], count, len(actors)) for key, pks, count, actors in wanted
    ]
    for group, (_, _, _, actors) in zip(groups, wanted, strict=True):
        assert [(f"actor_{each._meta.model_name}", each.pk) for each in group.actors] == actors[
            :most_actors
        ]


def walk(feed, size):
    """Return the pages of a feed forward, checked to be the same backward."""
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
KEYS = st.sampled_from(
    [
        ("verb", "object", "day"),
        ("verb", "target", "day"),
        ("action_object", "day"),
        ("verb",),
        ("actor", "week"),
        ("object",),
        ("month",),
    ]
)


class TestAgainstPython(TestCase):
    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(ACTIONS, KEYS, st.integers(1, 5), st.sampled_from(ZONES), st.booleans(), st.booleans())
    def test_groups_are_those_of_a_plain_grouping(self, rows, key, size, zone, home, dense):
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
            patch.setattr(aggregation_module, "FIRST_ROWS", 2 if dense else 100)
            patch.setattr(aggregation_module, "MOST_OF_FEED", 3 if dense else 500)
            assert_same(walk(queryset.grouped(*key), size), expected(queryset, by))
