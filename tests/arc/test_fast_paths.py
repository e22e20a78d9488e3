"""Each fast path is taken: to switch one off fails here, though all else would go on as before.

The statements of home feeds and pages are counted where their plans are tested.
"""

import pytest
from django.db import connection
from django.db.models import Model, QuerySet
from django.test.utils import CaptureQueriesContext

from follow.utils import follow
from stream.arc import Arc
from stream.arc.reading import ArcReader
from stream.models import Action
from stream.notifications import notify
from stream.notifications.feed import NotificationFeed
from stream.notifications.models import Notification
from stream.streams import actor_stream, user_stream
from stream.utils import action

pytestmark = pytest.mark.django_db


@pytest.fixture
def slow(monkeypatch):
    """Note which models take Django's own way of making, reading and writing rows."""
    taken = []

    def noted(owner, name, model_of):
        usual = owner.__dict__[name]
        function = getattr(usual, "__func__", usual)

        def noting(first, *args, **kwargs):
            taken.append((name, model_of(first)))
            return function(first, *args, **kwargs)

        same_kind = classmethod(noting) if isinstance(usual, classmethod) else noting
        monkeypatch.setattr(owner, name, same_kind)

    noted(Model, "__init__", type)
    noted(Model, "from_db", lambda model: model)
    noted(QuerySet, "_insert", lambda rows: rows.model)
    return lambda model: {name for name, used in taken if used is model}


@pytest.fixture
def sent(lennon, hendrix):
    follow(lennon, hendrix)
    return [action.send(hendrix, "played", lennon) for _ in range(3)]


def test_the_slow_ways_are_noticed(slow, lennon):
    Action(actor=lennon, verb="sang").save(force_insert=True)
    Action.objects.bulk_create([Action(actor=lennon, verb="sang", pk=77)])
    assert Action.objects.annotate(more=Action.objects.values("pk")[:1]).get(pk=77)
    assert slow(Action) == {"__init__", "from_db", "_insert"}


@pytest.mark.parametrize(
    "read",
    [
        lambda lennon, hendrix: actor_stream(hendrix),
        lambda lennon, hendrix: actor_stream(hendrix).page(),
        lambda lennon, hendrix: Action.objects.filter(verb="played"),
        lambda lennon, hendrix: hendrix.actor_actions.with_objects(),
        lambda lennon, hendrix: user_stream(lennon)[:10],
        lambda lennon, hendrix: user_stream(lennon).page(),
    ],
    ids=["stream", "page", "filter", "accessor", "home feed", "home page"],
)
def test_actions_are_read_as_they_come(slow, sent, lennon, hendrix, read):
    assert len(list(read(lennon, hendrix))) == 3
    assert not slow(Action) & {"from_db"}


@pytest.mark.parametrize("wide", [False, True])
def test_columns_are_looked_through_once(sent, monkeypatch, wide):
    if wide:  # the database has told which is set
        monkeypatch.setattr(ArcReader, "of", ArcReader)
        monkeypatch.setattr("stream.arc.reading.WIDE", 0)
    looked, usual = [], Arc._set_field
    monkeypatch.setattr(
        Arc, "_set_field", lambda arc, row: looked.append((arc.name, row.pk)) or usual(arc, row)
    )
    for row in [*Action.objects.with_objects()] * 2:
        assert (row.actor, row.target, row.action_object) == (row.actor_user, row.target_user, None)
    assert len(looked) == (0 if wide else len(Action.arcs) * len(sent))


def test_a_page_of_notifications_is_read_as_it_comes(slow, sent, lennon):
    for each in sent:
        notify(lennon, each)
    page = NotificationFeed(lennon).page()
    assert [each.action for each in page] == sent[::-1]
    assert not (slow(Action) | slow(Notification)) & {"from_db"}


def test_sending_makes_the_row_and_writes_it_itself(slow, lennon, hendrix):
    action.send(lennon, "sang", hendrix, description="Help!")
    ways = {"_insert"} if not connection.features.can_return_columns_from_insert else set()
    assert slow(Action) == ways


def test_sending_many_copies_the_rows_or_inserts_them_at_once(slow, lennon, hendrix):
    with CaptureQueriesContext(connection) as queries:
        action.send_many([{"actor": lennon, "verb": "sang", "target": hendrix}] * 3)
    assert "__init__" not in slow(Action)
    assert Action.objects.count() == 3
    inserts = [each["sql"] for each in queries if each["sql"].startswith("INSERT")]
    if connection.vendor == "postgresql":  # it has COPY, which is no query of Django's
        assert not inserts
    else:
        assert len(inserts) == 1
        assert "action_object_" not in inserts[0]
