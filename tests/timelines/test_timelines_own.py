"""Own actions in stored home feeds: they are joined, and stored on no timeline."""

import pytest

from follow.utils import follow
from stream.jobs import running as jobs
from stream.streams import user_stream
from stream.timelines.models import Entry, Job
from stream.utils import action
from tests.timelines.test_timelines import STORES, build, keys, source
from tests.timelines.test_timelines_bounds import NOW, assert_as_joined, play

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own(settings):
    settings.STREAM_HOME_INCLUDES_OWN = True


@pytest.mark.parametrize("name", STORES)
def test_own_actions_are_between_those_of_others(timelines, lennon, hendrix, monkeypatch, name):
    timeline = timelines(name, deliver="command")
    follow(lennon, hendrix)
    build(timeline, [lennon])
    own, others = play(lennon, [1, 3, 5]), play(hendrix, [2, 4])
    jobs.run_all()
    assert keys(timeline.page(user_stream(lennon))) == [
        own[0],
        others[0],
        own[1],
        others[1],
        own[2],
    ]
    assert source(timeline, lennon, monkeypatch) == "stored"
    assert_as_joined(timeline, lennon)


@pytest.mark.parametrize("name", STORES)
def test_the_setting_changes_without_building_anew(timelines, settings, lennon, hendrix, name):
    timeline = timelines(name, deliver="command")
    follow(lennon, hendrix)
    settings.STREAM_HOME_INCLUDES_OWN = False
    build(timeline, [lennon])
    own, others = play(lennon, [1]), play(hendrix, [2])
    jobs.run_all()
    assert keys(timeline.page(user_stream(lennon))) == others
    settings.STREAM_HOME_INCLUDES_OWN = True
    assert keys(timeline.page(user_stream(lennon))) == own + others
    stream = user_stream(lennon, with_user_activity=False)
    assert keys(timeline.page(stream)) == others


def test_own_actions_are_there_at_once_and_write_nothing(timelines, lennon, hendrix):
    timeline = timelines("TableTimeline", deliver="command")
    follow(lennon, hendrix)
    build(timeline, [lennon])
    sent = action.send(lennon, "slept", datetime=NOW)
    assert keys(timeline.page(user_stream(lennon))) == [sent.pk]
    jobs.run_all()
    assert not Entry.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", STORES)
def test_own_actions_are_one_query_more(
    timelines, lennon, hendrix, name, django_assert_max_num_queries
):
    timeline = timelines(name, deliver="command")
    follow(lennon, hendrix)
    build(timeline, [lennon])
    play(hendrix, range(10))
    play(lennon, range(10))
    jobs.run_all()
    # The timeline and, of Redis, its actions and marks; follows; own actions; users.
    with django_assert_max_num_queries(4 if name == "TableTimeline" else 5):
        assert len(timeline.page(user_stream(lennon), 5)) == 5


@pytest.mark.parametrize("name", STORES)
def test_a_filter_that_leaves_out_many_own_actions_skips_none(
    timelines, lennon, hendrix, name, monkeypatch
):
    monkeypatch.setattr("stream.plan.pages.ROWS_LOOKED_AT", 5)
    timeline = timelines(name, deliver="command")
    follow(lennon, hendrix)
    build(timeline, [lennon])
    rare = action.send(lennon, "rare", datetime=NOW.replace(year=2020))
    play(lennon, range(30))
    old = action.send(hendrix, "rare", datetime=NOW.replace(year=2019))
    jobs.run_all()
    found, after = [], None
    while True:
        page = timeline.page(user_stream(lennon, verb="rare"), 2, after)
        found += keys(page)
        if not (after := page.next):
            break
    assert found == [rare.pk, old.pk]
