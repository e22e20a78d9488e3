"""The calendar and the sparkline: what is counted, and what they say."""

import datetime as dt
import itertools
import re

import pytest
from django.utils import timezone

from stream.models import Action
from stream.utils import action
from test_project.dashboard.activity import LEVELS, WEEKS, Activity
from test_project.dashboard.models import Repository
from test_project.dashboard.templatetags.dashboard_tags import calendar, sparkline

pytestmark = pytest.mark.django_db


@pytest.fixture
def act(demo_user):
    """Let somebody act so many days ago, at noon."""
    repository = Repository.objects.create(name="app", slug="app", source="/app")
    noon = timezone.localtime().replace(hour=12, minute=0)

    def act(*ages):
        for days in ages:
            when = noon - dt.timedelta(days=days)
            action.send(demo_user, "committed", repository, datetime=when)

    return act


def activity():
    return Activity(Action.objects.all())


def test_days_are_counted_in_one_query(act, django_assert_num_queries):
    act(1, 1, 2, 200)
    with django_assert_num_queries(1):
        found = activity()
        assert (found.total, found.active_days, found.longest_run) == (4, 3, 2)
    assert found.days[-1].date == timezone.localdate()
    assert found.days[-2].count == found.busiest.count == 2


def test_objects_of_the_stream_are_not_loaded(act, django_assert_num_queries):
    act(1)
    with django_assert_num_queries(1):
        assert Activity(Action.objects.public().with_objects()).total == 1


def test_year_begins_on_a_monday_and_ends_today(act):
    act(0, 7 * WEEKS, -1)  # today; before the first day; tomorrow
    found = activity()
    assert found.total == 1
    assert found.days[0].date.weekday() == 0
    assert len(found.weeks) == WEEKS
    assert [len(week) for week in found.weeks[:-1]] == [7] * (WEEKS - 1)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"])
def test_day_is_that_of_the_time_zone(demo_user, zone):
    repository = Repository.objects.create(name="app", slug="app", source="/app")
    with timezone.override(zone):
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        for minutes in (-1, 0):
            when = midnight + dt.timedelta(minutes=minutes)
            action.send(demo_user, "committed", repository, datetime=when)
        assert [day.count for day in activity().days[-2:]] == [1, 1]


def test_levels_are_quarters_of_the_active_days(act):
    for days in range(1, 9):
        act(*[days] * days)
    levels = {day.count: day.level for day in activity().days}
    assert levels == {0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4}
    assert LEVELS == 4


def test_few_actions_are_never_the_highest_level(act):
    act(1, 2, 3, 4, 5, 5)
    assert {day.count: day.level for day in activity().days} == {0: 0, 1: 1, 2: 2}


def test_months_name_all_actions_of_the_year(act):
    act(1, 40, 80, 81, 300)
    found = activity()
    assert sum(count for _, count in found.months) == found.total == 5
    assert len({month for month, _ in found.months}) == len(found.months)


def test_calendar_has_a_cell_for_each_day_in_its_place(act):
    drawn = calendar(activity())
    assert len({(x, y) for x, y, _ in drawn["cells"]}) == len(drawn["cells"])
    assert {x for x, _, _ in drawn["cells"]} == set(range(34, 34 + WEEKS * 18, 18))
    assert all(y == 18 + day.date.weekday() * 18 for _, y, day in drawn["cells"])
    places = [x for x, _ in drawn["months"]]
    assert min(b - a for a, b in itertools.pairwise(places)) >= 4 * 18


def test_sparkline_is_of_whole_weeks(act):
    today = timezone.localdate().weekday()
    act(0, today + 1, today + 1, today + 8)
    drawn = sparkline(activity())
    assert (drawn["counts"][-2:], drawn["most"], len(drawn["counts"])) == ([1, 2], 2, 26)
    heights = [float(point.split(",")[1]) for point in drawn["points"].split()]
    assert (heights[0], heights[-2], heights[-1]) == (34, 18, 2)


def test_quiet_year_says_so_and_has_no_line(client, act):
    act(400)
    page = client.get("/repositories/app/").content.decode()
    assert "No activity in the last year." in page
    assert "sparkline" not in page


def test_busy_year_is_told_in_words(client, act):
    act(1, 1, 2)
    page = client.get("/repositories/app/").content.decode()
    assert "<strong>3 actions</strong> on 2 days." in page
    assert "Longest run: 2 days." in page
    assert re.search(r"<title>2 actions on \d+ \w+ \d{4}</title>", page)
