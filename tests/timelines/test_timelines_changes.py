"""Whatever changes an action or a follow is brought to stored timelines, in one transaction."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.test.utils import isolate_apps

from follow.models import Follow
from follow.utils import follow
from stream.jobs import running as jobs
from stream.models import Action
from stream.streams import user_stream
from stream.timelines import JoinTimeline
from stream.timelines.models import Job
from stream.utils import action
from tests.activities.models import Article, Note
from tests.support.killed import WRITES, set_scene, written
from tests.timelines.test_timelines import STORES, build, fans, keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(timelines):
    return timelines("TableTimeline", deliver="command")


def change(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    return row


def proxy_of(model, row):
    """Return the same row, of a proxy."""
    with isolate_apps("tests.testapp"):
        meta = type("Meta", (), {"proxy": True, "app_label": "testapp"})
        proxy = type("Proxy", (model,), {"Meta": meta, "__module__": __name__})
    return proxy.objects.get(pk=row.pk)


def load(row):
    for each in serializers.deserialize("json", serializers.serialize("json", [row])):
        each.save()


# Each way in which Python changes a row with these values.
WAYS = {
    "save": lambda row, **values: change(row, **values).save(),
    "save of some fields": lambda row, **values: change(row, **values).save(update_fields=values),
    "save of a proxy": lambda row, **values: change(proxy_of(type(row), row), **values).save(),
    "update": lambda row, **values: type(row).objects.filter(pk=row.pk).update(**values),
    "update of what it does not meet any more": lambda row, **values: (
        type(row)
        .objects.filter(**{name: getattr(row, name) for name in values}, pk=row.pk)
        .update(**values)
    ),
    "bulk_update": lambda row, **values: type(row).objects.bulk_update(
        [change(row, **values)], list(values)
    ),
    "update_or_create": lambda row, **values: type(row).objects.update_or_create(
        row.actor if isinstance(row, Action) else row.user,
        *(["played"] if isinstance(row, Action) else [row.target]),
        defaults=values,
    ),
    "a fixture": lambda row, **values: load(change(row, **values)),
}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("way", WAYS)
def test_an_action_that_becomes_public_is_brought(timelines, lennon, store, way):
    timeline = timelines(store, deliver="command")
    [fan] = fans(lennon, 1)
    build(timeline, [fan])
    sent = action.send(lennon, "played", public=False)
    jobs.run_all()
    WAYS[way](sent, public=True)
    jobs.run_all()
    assert keys(timeline.page(user_stream(fan))) == [sent.pk]


@pytest.mark.parametrize("way", set(WAYS) - {"update_or_create"})
def test_an_action_that_gets_another_actor_or_time_is_brought(table, lennon, hendrix, way):
    [fan] = fans(lennon, 1)
    build(table, [fan])
    sent, other = action.send(hendrix, "sang"), action.send(lennon, "played")
    jobs.run_all()
    WAYS[way](sent, actor_user=lennon)
    WAYS[way](sent, datetime=other.datetime + dt.timedelta(hours=1))
    jobs.run_all()
    assert keys(table.page(user_stream(fan))) == [sent.pk, other.pk]


@pytest.mark.parametrize("way", set(WAYS) - {"update of what it does not meet any more"})
def test_a_follow_that_is_widened_is_brought(table, lennon, hendrix, way):
    fan = User.objects.create(username="fan")
    wide = follow(fan, hendrix)
    build(table, [fan])
    sent = action.send(lennon, "met", hendrix)
    jobs.run_all()
    WAYS[way](wide, actor_only=False)
    jobs.run_all()
    assert keys(table.page(user_stream(fan))) == [sent.pk]


@pytest.mark.parametrize("options", [{}, {"ignore_conflicts": True}])
def test_follows_that_are_made_in_bulk_are_brought(table, lennon, hendrix, options):
    users = fans(hendrix, 3)
    build(table, users)
    sent = action.send(lennon, "played")
    jobs.run_all()
    Follow.objects.bulk_create([Follow(user=each, target=lennon) for each in users], **options)
    assert Job.objects.count() == 1
    jobs.run_all()
    assert [keys(table.page(user_stream(each))) for each in users] == [[sent.pk]] * 3


def test_what_publishes_itself_is_brought_when_it_becomes_public(table, lennon):
    [fan] = fans(lennon, 1)
    build(table, [fan])
    note = Note.objects.create(user=lennon, text="x", is_public=False)
    article = Article.objects.create(author=lennon, title="x", is_secret=True)
    jobs.run_all()
    change(note, is_public=True).save()
    change(article, is_secret=False).save()
    jobs.run_all()
    assert len(table.page(user_stream(fan))) == 2
    assert keys(table.page(user_stream(fan))) == keys(JoinTimeline().page(user_stream(fan)))


def test_many_that_become_public_at_once_are_all_brought(table, lennon, monkeypatch):
    monkeypatch.setattr("stream.arc.changes.KEYS_PER_SIGNAL", 3)
    [fan] = fans(lennon, 1)
    build(table, [fan])
    action.send_many({"actor": lennon, "verb": "played", "public": False} for _ in range(8))
    action.send(lennon, "slept", public=False)
    jobs.run_all()
    assert Action.objects.filter(verb="played", public=False).update(public=True) == 8
    jobs.run_all()
    assert len(table.page(user_stream(fan))) == 8


def test_a_queryset_that_was_read_is_read_anew_after_an_update(table, lennon):
    action.send(lennon, "played", public=False)
    rows = Action.objects.all()
    assert not rows[0].public
    assert len(rows) == rows.update(public=True) == 1
    assert [each.public for each in rows] == [True]


def test_what_no_stream_is_found_by_writes_no_job(table, lennon, django_assert_num_queries):
    sent = action.send(lennon, "played")
    Job.objects.all().delete()
    with django_assert_num_queries(1):
        Action.objects.update(verb="sang", data={"x": 1})
    change(sent, description="x").save(update_fields=["description"])
    assert not Job.objects.exists()


def test_where_nobody_listens_an_update_is_one_query(lennon, django_assert_num_queries):
    action.send(lennon, "played", public=False)
    with django_assert_num_queries(1):
        assert Action.objects.update(public=True) == 1
    with django_assert_num_queries(1), pytest.raises(TypeError, match="slice"):
        Action.objects.all()[len(Action.objects.all()) :].update(public=True)


def test_a_slice_is_refused_as_django_does(table):
    with pytest.raises(TypeError, match="Cannot update a query once a slice has been taken"):
        Action.objects.all()[:2].update(public=True)


# In one transaction


@pytest.mark.parametrize("name", set(WRITES) - {"Follow.delete"})  # which makes no savepoint
def test_a_row_is_not_written_without_its_job(table, lennon, hendrix, monkeypatch, name):
    set_scene(lennon, hendrix)
    before = written()

    def fail(*args, **kwargs):
        raise InterruptedError

    monkeypatch.setattr("stream.timelines.outbox.enqueue", fail)
    with pytest.raises(InterruptedError):
        WRITES[name](lennon, hendrix)
    assert written() == before
