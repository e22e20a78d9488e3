"""Models that publish themselves: what updates do, many at once, later, and whom to notify."""

import datetime as dt
import importlib.util
import sys
import types

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F

from stream.models import Action
from stream.publishing.tracking import model_tracking_disabled
from tests.activities.models import Article, Clip, Like, Medium, Note, Photo
from tests.support.routers import Primary
from tests.testapp.models import Venue

pytestmark = pytest.mark.django_db

COPY = int(connection.vendor == "postgresql")  # it takes the keys first


@pytest.fixture
def article(lennon):
    return Article.objects.create(author=lennon, title="So")


# Updates


def test_an_update_changes_nothing_by_default(lennon, django_assert_num_queries):
    photo = Photo.objects.create(user=lennon, title="Help")
    before = Action.objects.values().get()
    photo.user = User.objects.create(username="ono")
    with django_assert_num_queries(1):
        photo.save()
    assert Action.objects.values().get() == before


def test_a_refreshed_action_is_what_would_be_published_now(
    article, hendrix, django_assert_num_queries
):
    before = Action.objects.get()
    Action.objects.update(description="by hand")
    article.title, article.author, article.is_secret = "Because", hendrix, True
    with django_assert_num_queries(5):  # a savepoint, the article; its action, read and changed
        article.save()
    after = Action.objects.get()
    assert (after.pk, after.datetime, after.description) == (before.pk, before.datetime, "by hand")
    assert (after.data, after.actor, after.public) == ({"title": "Because"}, hendrix, False)
    article.edited_at = dt.datetime(1969, 9, 26, tzinfo=dt.UTC)
    article.save()
    assert Action.objects.get().datetime == article.edited_at


def test_a_refresh_writes_only_where_something_changed(article, django_assert_num_queries):
    article.views = 7
    with django_assert_num_queries(4):
        article.save()


def test_other_fields_refresh_nothing_but_public(article, django_assert_max_num_queries):
    article.title, article.views, article.is_secret = "Because", F("views") + 1, True
    with django_assert_max_num_queries(5):  # with a savepoint
        article.save(update_fields=["views"])
    assert (Action.objects.get().data, Action.objects.get().public) == ({"title": "So"}, False)
    article.save(update_fields=["title"])
    assert Action.objects.get().data == {"title": "Because"}


def test_a_refresh_publishes_and_takes_back(article):
    article.is_draft = True
    article.save()
    assert not Action.objects.exists()
    article.save()
    assert not Action.objects.exists()
    article.is_draft = False
    article.save()
    assert Action.objects.get().origin == article


def test_a_refresh_takes_all_saves_where_it_is_true():
    venue = Venue.objects.create(name="Cavern")
    medium = Medium.objects.create(actor=venue)
    other = Venue.objects.create(name="Star")
    medium.actor = other
    medium.save(update_fields=["actor"])
    assert Action.objects.get().actor == other


def test_what_is_made_private_hides_its_action(lennon, django_assert_num_queries):
    note = Note.objects.create(user=lennon, text="x")
    assert Action.objects.get().public
    note.is_public = False
    with django_assert_num_queries(4):
        note.save()
    assert not Action.objects.get().public


def test_a_refresh_on_demand(article, lennon):
    Article.objects.update(title="Because")
    article.refresh_from_db()
    assert article.refresh_activity() == Action.objects.get()
    assert Action.objects.get().data == {"title": "Because"}
    article.is_draft = True
    assert article.refresh_activity() is None
    note = Note(user=lennon, text="x")
    with model_tracking_disabled():
        note.save()
        assert note.refresh_activity().origin == note


def test_a_refresh_writes_where_the_router_says(article, settings):
    Article.objects.update(title="Because")
    article.title = "Because"
    article._state.db = "replica"
    settings.DATABASE_ROUTERS = [Primary()]
    assert article.refresh_activity() == Action.objects.using("default").get()
    assert Action.objects.get().data == {"title": "Because"}


# Many at once


def test_many_publish_with_few_queries(lennon, hendrix, django_assert_num_queries):
    photo = Photo.objects.create(user=lennon, title="Help")
    likes = [Like(author_id=pk, photo_id=photo.pk) for pk in [lennon.pk, hendrix.pk] * 10]
    with django_assert_num_queries(7 + COPY):  # likes, their authors, photos and users, actions
        Like.objects.bulk_create(likes)
    assert Action.objects.filter(verb="liked", actor_user=lennon).count() == 10
    assert not Action.objects.filter(verb="liked", origin_activities_like=None).exists()
    more = [Like(author_id=lennon.pk, photo_id=photo.pk) for _ in range(20)]
    with django_assert_num_queries(12 + 2 * COPY):
        Like.objects.bulk_create(more, batch_size=10)


def test_nothing_at_once_and_generators(lennon):
    assert Note.objects.bulk_create([]) == []
    made = Note.objects.bulk_create(Note(user=lennon, text=str(n)) for n in range(3))
    assert {each.origin for each in Action.objects.all()} == set(made)
    assert Photo.objects.bulk_create([Photo(title="nobody's")])
    assert Action.objects.count() == 3


@pytest.mark.parametrize("options", [{}, {"ignore_conflicts": True}])
def test_bulk_create_of_a_child_model_is_refused_by_django_alone(options):
    """To write it in a block without tracking would help nobody."""
    with pytest.raises(ValueError, match="Can't bulk create a multi-table inherited model"):
        Clip.objects.bulk_create([Clip()], **options)


@pytest.mark.parametrize("option", ["ignore_conflicts", "update_conflicts"])
def test_many_of_which_some_may_be_there_are_refused(lennon, option):
    with pytest.raises(ValueError, match=rf"Photo.objects.bulk_create\({option}\): the database"):
        Photo.objects.bulk_create([Photo(user=lennon, title="x")], **{option: True})
    with model_tracking_disabled(Photo):
        more = {}
        if option == "update_conflicts":
            more["update_fields"] = ["user"]
            if connection.vendor != "mysql":
                more["unique_fields"] = ["title"]
        Photo.objects.bulk_create([Photo(user=lennon, title="x")], **{option: True}, **more)
    assert Photo.objects.publish_activities() == 1


def test_a_database_that_returns_no_keys_is_refused(lennon, monkeypatch):
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    with pytest.raises(ValueError, match="without keys"):
        Note.objects.bulk_create([Note(user=lennon, text="x")])
    Article.objects.bulk_create([Article(author=lennon, title="has a key")])
    assert Action.objects.count() == 1


# Later


@pytest.fixture
def old_notes(lennon):
    with model_tracking_disabled():
        return Note.objects.bulk_create([Note(user=lennon, text=str(n)) for n in range(5)])


def test_old_rows_are_published_once(old_notes, lennon):
    new = Note.objects.create(user=lennon, text="new")
    assert Note.objects.filter(text="0").publish_activities() == 1
    assert Note.objects.publish_activities(batch_size=2) == 4
    assert Note.objects.publish_activities() == 0
    assert {each.origin for each in Action.objects.all()} == {new, *old_notes}


def test_rows_where_nobody_acts_are_passed_over(lennon):
    with model_tracking_disabled():
        for title, user in [("a", None), ("b", lennon), ("c", None), ("d", lennon)]:
            Photo.objects.create(user=user, title=title)
    assert Photo.objects.publish_activities(batch_size=1) == 2


def test_old_rows_have_keys_of_any_type(lennon):
    with model_tracking_disabled():
        for title in "abc":
            Article.objects.create(author=lennon, title=title)
    assert Article.objects.publish_activities(batch_size=2) == 3
    assert Article.objects.publish_activities(batch_size=2) == 0


def test_old_children_are_published_as_such():
    venue = Venue.objects.create(name="Cavern")
    with model_tracking_disabled():
        Clip.objects.create(actor=venue)
    assert Clip.objects.publish_activities() == 1
    assert Medium.objects.publish_activities() == 0
    assert Action.objects.get().verb == "clip"


def test_publishing_later_takes_few_queries(old_notes, django_assert_num_queries):
    # Keys, a savepoint, the rows, their actions, their users, the actions, its end.
    with django_assert_num_queries(7 + COPY):
        Note.objects.publish_activities()


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"publish_activities\(batch_size=0\): a batch"):
        Note.objects.publish_activities(batch_size=0)


@pytest.mark.django_db(transaction=True)
def test_publishing_later_in_asynchronous_code(old_notes):
    async def publish():
        return await Note.objects.apublish_activities()

    assert async_to_sync(publish)() == 5


# Whom to notify


@pytest.fixture
def notified(monkeypatch):
    """Return what notify_many is called with, in place of the one of the app, if that is there."""
    calls = []
    module = types.ModuleType("stream.notifications")
    if importlib.util.find_spec("stream.notifications"):
        module = importlib.import_module("stream.notifications")
    else:
        monkeypatch.setitem(sys.modules, "stream.notifications", module)

    monkeypatch.setattr(module, "notify_many", lambda many, kind: calls.extend(many), raising=False)
    return calls


def test_whom_the_hook_names_is_notified(lennon, hendrix, notified, monkeypatch):
    monkeypatch.setattr(Like, "activity_notify", "photo__user")
    photo = Photo.objects.create(user=lennon, title="Help")
    like = Like.objects.create(author=hendrix, photo=photo)
    assert notified == [(lennon, Action.objects.get(origin_activities_like=like))]
    orphan = Photo.objects.create(title="found")
    Like.objects.create(author=hendrix, photo=orphan)
    assert len(notified) == 1
    Like.objects.bulk_create([Like(author=hendrix, photo=photo) for _ in range(2)])
    assert [recipients for recipients, _ in notified] == [lennon] * 3


@pytest.mark.parametrize("nobody", [None, [], (), set()])
def test_nobody_is_notified(lennon, notified, monkeypatch, nobody):
    monkeypatch.setattr(Note, "activity_notify", nobody)
    Note.objects.create(user=lennon, text="x")
    assert notified == []


def test_managers_and_querysets_are_recipients(lennon, notified, monkeypatch):
    monkeypatch.setattr(Note, "activity_notify", User.objects)
    Note.objects.create(user=lennon, text="x")
    assert list(notified[0][0]) == [lennon]


def test_old_rows_notify_only_where_it_is_said(old_notes, lennon, notified, monkeypatch):
    monkeypatch.setattr(Note, "activity_notify", "user")
    Note.objects.filter(text="0").publish_activities()
    assert notified == []
    Note.objects.publish_activities(notify=True)
    assert len(notified) == 4


def test_what_a_refresh_publishes_notifies_once(article, lennon, notified, monkeypatch):
    monkeypatch.setattr(Article, "activity_notify", "author")
    article.title = "Because"
    article.save()
    assert notified == []
    article.is_draft = True
    article.save()
    article.is_draft = False
    article.save()
    assert len(notified) == 1


@pytest.mark.skipif(not importlib.util.find_spec("stream.notifications"), reason="no notifications")
def test_the_kind_of_what_is_published_is_its_verb(lennon, hendrix, monkeypatch):
    kinds = []
    module = importlib.import_module("stream.notifications")
    monkeypatch.setattr(module, "notify_many", lambda many, kind: kinds.append(kind))
    monkeypatch.setattr(Like, "activity_notify", "photo__user")
    like = Like.objects.create(
        author=hendrix, photo=Photo.objects.create(user=lennon, title="Help")
    )
    assert kinds == [Action.objects.get(origin_activities_like=like).verb]
