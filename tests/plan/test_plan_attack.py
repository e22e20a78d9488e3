"""Streams made up at random have the slices and pages that plain Python finds.

``STREAM_PLAN_ROUNDS=2000`` makes up more than the few of each run.
"""

import datetime as dt
import os
import random

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import Q

from follow.models import Follow
from stream.models import Action
from stream.plan import merge, pages as plan
from stream.streams import user_stream
from stream.utils import action

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("STREAM_PLAN_ROUNDS", "12"))
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def at(number):
    return START + dt.timedelta(minutes=number)


def build(pick, people, groups):
    everything, span = [*people, *groups], pick.choice([1, 5, 40])
    busy = pick.choices(everything, k=3)
    action.send_many(
        {
            "actor": pick.choice(busy if pick.random() < 0.5 else everything),
            "verb": pick.choice("xxxy"),
            "target": pick.choice([None, *everything]),
            "action_object": pick.choice([None, *everything]),
            "datetime": at(pick.randrange(span)),
            "public": pick.random() < 0.9,
        }
        for _ in range(pick.choice([0, 3, 30, 120]))
    )
    for followed in pick.sample(everything, pick.randint(0, len(everything))):
        when, reach = at(pick.randrange(span)), pick.random() < 0.5
        Follow.objects.create(people[0], followed, actor_only=reach, datetime=when)


def stream_of(pick, people, groups):
    """Return a stream, and whether it holds an action."""
    some = pick.sample(people, pick.randint(1, len(people)))
    one, user = pick.choice([*people, *groups]), people[0]
    follows = list(Follow.objects.filter(user=user).with_objects())
    since, own = pick.random() < 0.3, pick.random() < 0.3

    def is_home(action):
        roles = action.actor, action.target, action.action_object
        return action.public and (
            (own and action.actor == user)
            or any(
                follow.target in (roles[:1] if follow.actor_only else roles)
                and not (since and action.datetime < follow.datetime)
                for follow in follows
            )
        )

    return pick.choice(
        [
            (user_stream(user, with_user_activity=own, since_follow=since), is_home),
            (Action.objects.get_for_actors(some), lambda a: a.actor in some),
            (
                Action.objects.get_for_targets(User.objects.filter(pk__in=[u.pk for u in some])),
                lambda a: a.target in some,
            ),
            (
                Action.objects.get_for_any(one),
                lambda a: one in (a.actor, a.target, a.action_object),
            ),
            (
                Action.objects.all().visible_to(user),
                lambda a: a.public or user in (a.actor, a.target, a.action_object),
            ),
            (Action.objects.all(), lambda a: True),
        ]
    )


def filtered(pick, stream, holds):
    """Return a stream with further conditions or none."""
    when, late = at(pick.randrange(40)), at(pick.randrange(40))
    conditions = [
        (Q(), lambda a: True),
        (Q(verb="y"), lambda a: a.verb == "y"),
        (Q(verb="nothing"), lambda a: False),
        (Q(datetime__lt=when), lambda a: a.datetime < when),
        (Q(datetime__gte=when), lambda a: a.datetime >= when),
        (Q(datetime__lte=late, datetime__gt=when), lambda a: when < a.datetime <= late),
        (Q(target_user__username="u1"), lambda a: str(a.target) == "u1"),
    ]
    for condition, meets in pick.choices(conditions, k=2):
        stream = stream.filter(condition)
        holds = (lambda first, second: lambda a: first(a) and second(a))(holds, meets)
    return stream, holds


def walk(stream, size, way, cursor=None):
    """Return the rows of all pages in one direction, and check that they end."""
    found, other = [], {"after": "next", "before": "previous"}
    for _ in range(400):
        page = stream.page(size, **{way: cursor} if cursor else {})
        found = found + page.rows if way == "after" else page.rows + found
        cursor = getattr(page, other[way])
        if cursor is None:
            # Before the newest is the first page, once more.
            return list(dict.fromkeys(row.pk for row in found))
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_streams_are_those_of_plain_python(seed, monkeypatch):
    pick = random.Random(seed)
    for module, name, values in (
        (plan, "ROWS_LOOKED_AT", [1, 7, 1000]),
        (plan, "KEYS_PROBED_AT_ONCE", [0, 1, 3, 100]),
        (plan, "KEYS_PROBED_BY_MARIADB", [0, 25]),
        (plan, "ROWS_TESTED", [1, 10, 1000]),
        (plan, "ROWS_SKIPPED", [0, 500]),
        (merge, "RANGES_READ_AT_ONCE", [1, 4]),
        (merge, "ROWS_OF_A_SHORT_PAGE", [0, 3, 32]),
        (merge, "SELECTS_OF_A_UNION", [1, 2, 200]),
    ):
        monkeypatch.setattr(module, name, pick.choice(values))
    people = User.objects.bulk_create(User(username=f"u{number}") for number in range(6))
    groups = Group.objects.bulk_create(Group(name=str(number)) for number in range(3))
    build(pick, people, groups)
    rows = list(Action.objects.with_objects())
    for _ in range(4):
        stream, holds = filtered(pick, *stream_of(pick, people, groups))
        expected = [row.pk for row in rows if holds(row)]
        low, size = pick.choice([0, 0, 3]), pick.choice([1, 2, 5, 26, 200])
        part = slice(low, low + size)
        assert [row.pk for row in stream] == expected
        assert [row.pk for row in stream[part]] == expected[part]
        assert [row.pk for row in stream.reverse()[part]] == expected[::-1][part]
        assert walk(stream, size, "after") == expected
        if expected:
            middle = pick.choice([row for row in rows if row.pk in expected])
            place, cursor = expected.index(middle.pk), stream.page().encode(middle)
            assert walk(stream, size, "after", cursor) == expected[place + 1 :]
            if place:  # else there is nothing newer, and it is the first page
                # It may be shown at the end as well, where filters left out the rest.
                shown = walk(stream, size, "before", cursor)
                assert shown in (expected[:place], expected[: max(place, size)])
