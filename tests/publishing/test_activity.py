"""Models that publish themselves: written, found again and removed with their objects."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from stream import signals
from stream.arc import NotRegistered
from stream.models import Action
from stream.streams import user_stream
from stream.utils import action
from tests.activities.models import (
    Article,
    Badge,
    Clip,
    GoldBadge,
    Like,
    Medium,
    MediumProxy,
    Note,
    Photo,
)
from tests.polls.models import Question
from tests.testapp.models import Tag, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(lennon):
    return Photo.objects.create(user=lennon, title="Abbey Road")


@pytest.fixture
def venue():
    return Venue.objects.create(name="Cavern")


def only(obj):
    """Return the one action that an object has published."""
    return Action.objects.get(**{Action.origin.field_for(obj).name: obj.pk})


# Writing


def test_by_convention_the_action_tells_of_the_object(lennon, photo):
    published = Action.objects.get()
    assert (published.actor, published.verb) == (lennon, "photo")
    assert (published.action_object, published.target) == (photo, None)
    assert (published.origin, published.datetime) == (photo, photo.created_at)
    assert (published.data, published.public) == ({}, True)


def test_hooks_that_name_fields(hendrix, photo):
    like = Like.objects.create(author=hendrix, photo=photo)
    published = only(like)
    assert (published.actor, published.verb) == (hendrix, "liked")
    assert (published.action_object, published.target) == (photo, photo.user)
    assert timezone.now() - published.datetime < dt.timedelta(minutes=1)


def test_hooks_in_code(lennon):
    when = dt.datetime(1969, 9, 26, tzinfo=dt.UTC)
    article = Article.objects.create(author=lennon, title="So", is_secret=True, edited_at=when)
    published = only(article)
    assert (published.actor, published.data) == (lennon, {"title": "So"})
    assert (published.public, published.datetime) == (False, when)
    assert published.action_object_article == article


def test_a_hook_along_a_path_ends_at_none(hendrix):
    orphan = Photo.objects.create(title="found")
    assert only(Like.objects.create(author=hendrix, photo=orphan)).target is None


def test_nothing_is_published_where_nobody_acts(monkeypatch, lennon):
    Photo.objects.create(title="found")
    monkeypatch.setattr(Photo, "activity_actor", AnonymousUser())
    Photo.objects.create(user=lennon, title="shared")
    assert not Action.objects.exists()


def test_each_way_to_make_one_publishes_it(lennon):
    Note(user=lennon, text="saved").save()
    Note.objects.get_or_create(user=lennon, text="got")
    Note.objects.update_or_create(user=lennon, text="updated")
    assert Action.objects.filter(verb="note").count() == 3


async def _make(user):
    await Note.objects.acreate(user=user, text="one")
    await Note.objects.abulk_create([Note(user=user, text="two"), Note(user=user, text="three")])


@pytest.mark.django_db(transaction=True)
def test_asynchronous_ways_publish_too(lennon):
    from asgiref.sync import async_to_sync

    async_to_sync(_make)(lennon)
    assert Action.objects.count() == 3


def test_publishing_costs_one_query(lennon, django_assert_num_queries):
    with django_assert_num_queries(4):
        photo = Photo.objects.create(user=lennon, title="Help")
    with django_assert_num_queries(1):
        photo.save()


def test_a_key_that_is_taken_is_an_update(lennon, photo):
    Photo(pk=photo.pk, user=lennon, title="again", created_at=photo.created_at).save()
    assert Action.objects.count() == 1


def test_the_home_feed_shows_it(lennon, hendrix, photo):
    from follow.utils import follow

    follow(hendrix, lennon)
    assert [each.action_object for each in user_stream(hendrix)] == [photo]


# All or nothing


@pytest.mark.django_db(transaction=True)
def test_where_the_action_fails_the_object_is_not_written(lennon, monkeypatch):
    monkeypatch.setattr(Photo, "activity_data", {"a": {1}})
    named = r"Photo.activity\(data={'a': \{1\}}\): Object of type set is not"
    with pytest.raises(ValueError, match=named):
        Photo.objects.create(user=lennon, title="Help")
    with pytest.raises(ValueError, match=named):
        Photo.objects.bulk_create([Photo(user=lennon, title="Help")])
    assert not Photo.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_where_a_listener_fails_nothing_is_written(lennon):
    def fail(**kwargs):
        raise RuntimeError("no")

    signals.action.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            Photo.objects.create(user=lennon, title="Help")
    finally:
        signals.action.disconnect(fail)
    assert not Photo.objects.exists()
    assert not Action.objects.exists()


def test_a_model_without_a_column_in_the_role_is_named(photo, monkeypatch, lennon):
    monkeypatch.setattr(Like, "activity_target", Badge(pk=1))
    with pytest.raises(NotRegistered, match=r"Like.activity\(target=activities.Badge 1\)"):  # noqa: SIM117
        with transaction.atomic():
            Like.objects.create(author=lennon, photo=photo)


# Removing


def test_deleting_removes_this_action_alone(lennon, hendrix, photo):
    by_hand = action.send(hendrix, "liked", action_object=photo)
    first, second = (Like.objects.create(author=hendrix, photo=photo) for _ in range(2))
    gone = only(first)
    first.delete()
    assert set(Action.objects.filter(verb="liked")) == {by_hand, only(second)}
    assert not Action.objects.filter(pk=gone.pk).exists()


def test_querysets_and_cascades_remove_actions(lennon, hendrix, photo):
    for _ in range(3):
        Like.objects.create(author=hendrix, photo=photo)
    Like.objects.filter(pk__in=list(Like.objects.values_list("pk", flat=True)[:1])).delete()
    assert Action.objects.filter(verb="liked").count() == 2
    photo.delete()
    assert not Action.objects.exists()


def test_deleting_costs_one_query_for_the_action(
    lennon, hendrix, photo, django_assert_max_num_queries
):
    like = Like.objects.create(author=hendrix, photo=photo)
    with django_assert_max_num_queries(3 if connection.vendor == "mysql" else 2):
        like.delete()


def test_the_database_keeps_an_object_with_its_action(lennon, photo):
    def delete_past_django():
        Photo.objects.filter(pk=photo.pk)._raw_delete("default")
        connection.check_constraints()

    with pytest.raises(IntegrityError), transaction.atomic():
        delete_past_django()


def test_an_object_has_one_action_by_rule_of_the_database(lennon, photo):
    twin = Action(actor=lennon, verb="again", origin=photo)
    if connection.vendor == "mysql":  # it has no unique constraint with a condition
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_an_action_is_found_by_an_index(photo):
    rows = Action.objects.filter(origin_activities_photo=photo.pk).order_by()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    text = rows.explain()
    name = (
        "stream_action_origin_activities_ph" if connection.vendor == "mysql" else "stream_origin_"
    )
    assert name in text, text


# Inheritance


def test_a_child_publishes_one_action(venue):
    clip = Clip.objects.create(actor=venue, length=3)
    published = Action.objects.get()
    assert (published.verb, published.actor, published.origin.pk) == ("clip", venue, clip.pk)
    clip.delete()
    assert not Action.objects.exists()


def test_a_parent_that_becomes_a_child_keeps_its_action(venue):
    medium = Medium.objects.create(actor=venue)
    published = Action.objects.get()
    Clip(medium_ptr=medium, actor=venue, created_at=medium.created_at).save()
    assert (Action.objects.get().pk, Action.objects.get().verb) == (published.pk, "clip")


def test_a_proxy_publishes_as_its_model(venue):
    MediumProxy.objects.create(actor=venue)
    published = Action.objects.get()
    assert (published.verb, type(published.origin)) == ("mediumproxy", Medium)


def test_a_child_of_a_plain_parent(lennon):
    badge = GoldBadge.objects.create(user=lennon)
    assert (only(badge).action_object, Action.origin.find_field(Badge)) == (badge, None)
    Badge.objects.get().delete()
    assert not Action.objects.exists()


# Registration


def test_models_are_registered_by_their_hooks():
    own = {Photo, Like, Note, Article, Medium, GoldBadge}
    assert own == set(Action.origin.models) - {Question}
    assert {Photo, Note, Medium, GoldBadge} <= set(Action.action_object.models)
    assert Like not in Action.action_object.models
    assert Venue in Action.actor.models
    assert User in Action.target.models
    assert Action.origin.field_for(Clip).name == "origin_activities_medium"
    assert Action.action_object.field_for(Article).name == "action_object_article"


def test_the_link_is_no_role():
    assert "origin" not in Action.arcs
    assert Action.links["origin"] is Action.origin


# Fixtures


def test_fixtures_publish_nothing(lennon, photo):
    data = serializers.serialize("json", [photo, Clip(pk=5, actor_id=1)])
    Action.objects.all().delete()
    Photo.objects.all().delete()
    (first, _) = serializers.deserialize("json", data)
    first.save()
    assert Photo.objects.get() == photo
    assert not Action.objects.exists()
    photo.save_base(raw=True)
    assert not Action.objects.exists()


def test_a_fixture_may_hold_objects_and_actions(lennon, photo):
    data = serializers.serialize("json", [photo, only(photo)])
    photo.delete()
    for each in serializers.deserialize("json", data):
        each.save()
    assert only(Photo.objects.get()).verb == "photo"


# Reading


def test_streams_load_what_belongs_to_the_objects(lennon, photo, django_assert_num_queries):
    article = Article.objects.create(author=lennon, title="So")
    article.tags.set([Tag.objects.create(name="x")])
    with django_assert_num_queries(5):  # actions, users, photos, articles with authors, tags
        found = {
            type(each.action_object): each.action_object for each in Action.objects.with_objects()
        }
        assert found[Photo].user == lennon
        assert found[Article].author == lennon
        assert [tag.name for tag in found[Article].tags.all()] == ["x"]


def test_a_queryset_of_the_site_wins(lennon, photo, django_assert_num_queries):
    with django_assert_num_queries(4):
        (row,) = Action.objects.with_objects(Photo.objects.all())
        assert row.action_object.user == lennon


@pytest.mark.django_db(databases=["default", "other"])
def test_goes_to_the_database_of_its_object():
    user = User.objects.using("other").create(username="ono")
    photo = Photo.objects.using("other").create(user=user, title="Grapefruit")
    Note.objects.using("other").bulk_create([Note(user=user, text="a")])
    assert Action.objects.using("other").count() == 2
    photo.delete()
    assert (Action.objects.using("other").count(), Action.objects.count()) == (1, 0)
