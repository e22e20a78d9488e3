"""Text keys whose columns have different collations: no expression of SQL takes both."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from follow.utils import follow
from stream.arc.reading import ArcReader
from stream.models import Action
from stream.streams import user_stream
from stream.utils import action
from tests.testapp.models import Label, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["narrow", "wide"])
def table(request, monkeypatch):
    monkeypatch.setattr(ArcReader, "of", ArcReader)
    monkeypatch.setattr("stream.arc.reading.WIDE", 0 if request.param == "wide" else 1000)


@pytest.fixture
def followed(lennon, hendrix):
    """Objects of both collations that one user follows, with an action on each."""
    objects = [Tag.objects.create(name="a"), Label.objects.create(name="A")]
    for obj in objects:
        follow(lennon, obj, actor_only=False)
        action.send(hendrix, "painted", obj)
    return objects


@pytest.mark.parametrize("few", [100, 0])  # each followee is probed at once, or the newest tested
def test_a_home_feed(table, followed, lennon, monkeypatch, few):
    monkeypatch.setattr("stream.plan.pages.KEYS_PROBED_AT_ONCE", few)
    with CaptureQueriesContext(connection) as queries:
        page = user_stream(lennon)[:1]
        assert [row.target for row in page] == followed[1:]
    assert len(queries) > 2  # by the plan
    assert [row.target for row in user_stream(lennon)] == followed[::-1]


@pytest.mark.parametrize("by", [("object",), ("target", "verb"), ("actor", "target")])
def test_groups(table, followed, lennon, by):
    for rows in (Action.objects.all(), user_stream(lennon)):
        assert [group.newest.target for group in rows.grouped(*by).page()] == followed[::-1]


def test_a_stored_timeline(table, followed, lennon, hendrix, timelines):
    timelines("TableTimeline")
    assert [row.target for row in user_stream(lennon).page()] == followed[::-1]
    action.send(hendrix, "washed", followed[0])
    assert [row.verb for row in user_stream(lennon).page()] == ["washed", "painted", "painted"]
