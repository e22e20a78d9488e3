"""The home feed."""

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ImproperlyConfigured

from follow.models import Follow
from follow.utils import follow, unfollow
from stream.streams import user_stream
from stream.utils import action
from tests.testapp.models import Crew, RoadCrew, Song, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def lennon():
    return User.objects.create(username="lennon")


@pytest.fixture
def hendrix():
    return User.objects.create(username="hendrix")


def test_what_one_follows_newest_first(lennon, hendrix, django_assert_num_queries):
    musicians = Group.objects.create(name="musicians")
    follow(lennon, hendrix)
    follow(lennon, musicians)
    played = action.send(hendrix, "played", musicians)
    met = action.send(musicians, "met", lennon)
    action.send(lennon, "slept")
    action.send(hendrix, "wept", public=False)
    with django_assert_num_queries(3):  # the actions, users, groups
        assert [(each, each.actor, each.target) for each in user_stream(lennon)] == [
            (met, musicians, lennon),
            (played, hendrix, musicians),
        ]
    unfollow(lennon, hendrix)
    assert list(user_stream(lennon)) == [met]


def test_two_kinds_of_following_show_an_action_once(lennon, hendrix):
    follow(lennon, hendrix)
    follow(lennon, hendrix, flag="watching")
    action.send(hendrix, "played")
    assert user_stream(lennon).count() == 1


def test_reach(lennon, hendrix):
    follow(lennon, hendrix, actor_only=False)
    met = action.send(User.objects.create(username="ono"), "met", hendrix)
    shown = action.send(met.actor, "shown", None, hendrix)
    assert list(user_stream(lennon)) == [shown, met]
    follow(lennon, hendrix, actor_only=True)
    assert not user_stream(lennon)


def test_models_registered_for_all_roles_are_followed_in_all(lennon, hendrix):
    venue = Stage.objects.create(name="Woodstock")
    assert not follow(lennon, venue).actor_only
    assert not Follow.objects.get_or_create(lennon, venue, flag="watching")[0].actor_only
    played = action.send(hendrix, "played at", venue)
    assert list(user_stream(lennon)) == [played]


def test_it_is_lazy_and_composes(lennon, hendrix, django_assert_num_queries):
    follow(lennon, hendrix)
    played = action.send(hendrix, "played")
    action.send(hendrix, "left")
    with django_assert_num_queries(0):
        stream = user_stream(lennon, verb="played").exclude(verb="left")[:10]
    assert list(stream) == [played]


@pytest.mark.parametrize("model", [Crew, RoadCrew])
def test_following_a_parent_or_a_child(lennon, model):
    crew = model.objects.create(name="x")
    follow(lennon, crew)
    packed = action.send(crew, "packed")
    assert list(user_stream(lennon)) == [packed]


def test_following_what_never_acts_shows_nothing(lennon):
    follow(lennon, Song.objects.create(title="Imagine"))
    action.send(lennon, "slept")
    assert not user_stream(lennon)


def test_visitors_follow_nothing(hendrix):
    action.send(hendrix, "played")
    assert not user_stream(AnonymousUser())


def test_without_the_follow_app_it_says_what_to_install(lennon, settings, monkeypatch):
    configs = {label: each for label, each in apps.app_configs.items() if label != "follow"}
    monkeypatch.setattr(apps, "app_configs", configs)
    with pytest.raises(ImproperlyConfigured, match=r"user_stream\(\): .*add 'follow' to"):
        user_stream(lennon)
