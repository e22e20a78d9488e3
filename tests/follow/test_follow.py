"""Following: the functions, and what they refuse."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ImproperlyConfigured

from follow import utils
from follow.models import Follow
from stream.arc import NotRegistered
from stream.models import Action
from tests.early.models import Band
from tests.testapp.models import Crew

pytestmark = pytest.mark.django_db


@pytest.fixture
def musicians():
    return Group.objects.create(name="musicians")


# follow, unfollow, toggle


def test_follow_unfollow_and_toggle_are_idempotent(lennon, hendrix):
    follow = utils.follow(lennon, hendrix)
    assert utils.follow(lennon, hendrix) == follow
    ended = utils.unfollow(lennon, hendrix)
    assert (ended.user, ended.target, ended.pk) == (lennon, hendrix, None)
    assert utils.unfollow(lennon, hendrix) is None
    assert utils.toggle(lennon, hendrix).pk
    assert Follow.objects.is_following(lennon, hendrix)
    assert utils.toggle(lennon, hendrix).pk is None
    assert not Follow.objects.is_following(lennon, hendrix)


def test_flags_are_kinds_of_their_own(lennon, hendrix):
    utils.follow(lennon, hendrix, flag="watching")
    assert not Follow.objects.is_following(lennon, hendrix)
    assert Follow.objects.is_following(lennon, hendrix, flag="watching")
    assert Follow.objects.is_following(lennon, hendrix, flag=None)
    assert utils.unfollow(lennon, hendrix) is None
    assert utils.toggle(lennon, hendrix, flag="watching").pk is None


def test_following_again_may_change_the_reach(lennon, hendrix):
    assert utils.follow(lennon, hendrix).actor_only
    assert not utils.follow(lennon, hendrix, actor_only=False).actor_only
    assert not utils.follow(lennon, hendrix).actor_only
    assert not Follow.objects.get().actor_only


def test_async_twins(lennon, hendrix):
    async def scenario():
        follow = await utils.afollow(lennon, hendrix)
        assert await Follow.objects.ais_following(lennon, hendrix)
        assert (await utils.aunfollow(lennon, hendrix)).target == hendrix
        assert (await utils.atoggle(lennon, hendrix)).pk != follow.pk
        assert (await Follow.objects.aget_or_create(lennon, hendrix))[1] is False
        assert (await Follow.objects.acreate(lennon, hendrix, flag="watching")).pk

    async_to_sync(scenario)()


def test_following_may_send_an_action(lennon, hendrix):
    utils.follow(lennon, hendrix, send_action=True)
    utils.follow(lennon, hendrix, send_action=True)
    sent = Action.objects.get()
    assert (sent.actor, sent.verb, sent.target) == (lennon, "started following", hendrix)
    utils.unfollow(lennon, hendrix)
    utils.follow(lennon, hendrix, send_action=True)
    assert Action.objects.get() == sent
    crew = Crew.objects.create(name="x")  # can be followed, but is no target of actions
    with pytest.raises(NotRegistered, match="testapp.Crew is not registered as target"):
        utils.follow(lennon, crew, send_action=True)
    assert not Follow.objects.is_following(lennon, crew)


def test_a_kind_of_following_is_recorded_by_its_name(lennon, hendrix):
    utils.follow(lennon, hendrix, flag="liking", send_action=True)
    utils.follow(lennon, hendrix, send_action=True)
    verbs = Action.objects.get_for_target(hendrix).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["started liking", "started following"]


def test_unfollowing_may_send_an_action(lennon, hendrix):
    utils.unfollow(lennon, hendrix, send_action=True)  # who did not follow
    assert not Action.objects.exists()
    for flag in ("", "liking"):
        for _ in range(2):  # recorded once
            utils.follow(lennon, hendrix, flag)
            utils.unfollow(lennon, hendrix, flag, send_action=True)
    verbs = Action.objects.get_for_target(hendrix).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["stopped following", "stopped liking"]


def test_what_cannot_be_recorded_is_not_ended(lennon):
    crew = Crew.objects.create(name="x")  # can be followed, but is no target of actions
    utils.follow(lennon, crew)
    with pytest.raises(NotRegistered, match="testapp.Crew is not registered as target"):
        utils.unfollow(lennon, crew, send_action=True)
    assert Follow.objects.is_following(lennon, crew)


# Bad input


@pytest.mark.parametrize("function", [utils.follow, utils.unfollow, utils.toggle])
def test_nobody_and_nothing_are_refused(function, lennon, hendrix):
    kept = Follow.objects.create(hendrix, lennon)
    name = function.__name__
    for user, obj, error in (
        (None, lennon, TypeError),
        (hendrix, None, TypeError),
        (lennon.pk, hendrix, TypeError),
        (User(), lennon, ValueError),
        (hendrix, User(), ValueError),
        (hendrix, User, TypeError),
    ):
        with pytest.raises(error, match=rf"^{name}\("):
            function(user, obj)
    for flag in (None, "x" * 101):
        with pytest.raises(ValueError, match=rf"^{name}\(flag=.*a flag is a text of 100 char"):
            function(hendrix, lennon, flag=flag)
    assert Follow.objects.get() == kept


def test_questions_about_what_is_no_user_are_refused(lennon):
    for question in (
        lambda: Follow.objects.is_following(lennon.pk, lennon),
        lambda: Follow.objects.following(Band(pk=1), User),
        lambda: Follow.objects.mark(User(), [lennon]),
    ):
        with pytest.raises(TypeError, match="pass a saved user, or request.user"):
            question()
    assert not Follow.objects.following(AnonymousUser(), User)


def test_questions_about_unsaved_objects_are_refused(lennon, hendrix):
    utils.follow(lennon, hendrix)
    for question in (
        lambda: Follow.objects.is_following(lennon, Band()),
        lambda: Follow.objects.followers(Band()),
        lambda: Band().get_follows(),
    ):
        with pytest.raises(ValueError, match="is not saved"):
            question()


# Registration


def test_register_has_a_name_that_says_what_for():
    assert utils.register_followable is utils.register


def test_register_again_changes_nothing():
    assert utils.register(Band) is Band
    assert utils.register("early.Band") == "early.Band"


def test_register_with_a_taken_method_name():
    with pytest.raises(ImproperlyConfigured, match=r"^register\(early.Band\): early.Band has "):
        utils.register(Band, lookup_method_name="save")


def test_register_as_a_decorator_with_options():
    assert utils.register(field_name="target_band")(Band) is Band
