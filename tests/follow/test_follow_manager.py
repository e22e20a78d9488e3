"""Following: the manager and the table."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.functional import SimpleLazyObject

from follow import utils
from follow.models import Follow
from stream.arc import NotRegistered
from tests.testapp.models import Crew, Orchestra, RoadCrew, Song, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def musicians():
    return Group.objects.create(name="musicians")


# The manager


def test_create_and_look_up(lennon, hendrix):
    follow = Follow.objects.create(lennon, hendrix)
    assert Follow.objects.get_or_create(lennon, hendrix) == (follow, False)
    assert (follow.user, follow.target, follow.flag, follow.actor_only) == (
        lennon,
        hendrix,
        "",
        True,
    )
    assert str(follow) == "hendrix"
    assert Follow.objects.is_following(lennon, hendrix)
    assert not Follow.objects.is_following(hendrix, lennon)
    assert lennon.following.get() == follow
    assert hendrix.follow_user.get() == follow


def test_a_related_manager_creates(lennon, hendrix):
    follow = lennon.following.create(obj=hendrix)
    assert (follow.user, follow.target) == (lennon, hendrix)
    assert hendrix.follow_user.create(user=hendrix).target == hendrix


def test_get_follows_takes_a_model_an_object_or_a_queryset(lennon, hendrix, musicians):
    to_user = Follow.objects.create(lennon, hendrix)
    to_group = Follow.objects.create(lennon, musicians)
    assert Follow.objects.get_follows(User).get() == to_user
    assert Follow.objects.get_follows(musicians).get() == to_group
    assert Follow.objects.get_follows(User.objects.filter(username="hendrix")).get() == to_user
    assert not Follow.objects.get_follows(User.objects.filter(username="lennon"))
    assert hendrix.get_follows().get() == to_user
    assert not lennon.get_follows()


def test_get_follows_of_a_child_leaves_its_parents_out(lennon):
    crew, road = Crew.objects.create(name="a"), RoadCrew.objects.create(name="b")
    Follow.objects.create(lennon, crew)
    to_child = Follow.objects.create(lennon, road)
    assert Follow.objects.get_follows(RoadCrew).get() == to_child
    assert Follow.objects.get_follows(Crew).count() == 2


def test_fname(lennon):
    for known in (User, lennon, User.objects.all()):
        assert Follow.objects.fname(known) == "target_user"
    with pytest.raises(NotRegistered, match=r"add follow.utils.register\('testapp.Orchestra'\)"):
        Follow.objects.fname(Orchestra)


def test_followers_and_following(lennon, hendrix, musicians, django_assert_num_queries):
    utils.follow(lennon, hendrix)
    utils.follow(lennon, hendrix, flag="watching")
    utils.follow(lennon, musicians)
    with django_assert_num_queries(3):
        assert list(Follow.objects.followers(hendrix)) == [lennon]
        assert list(Follow.objects.following(lennon, User)) == [hendrix]
        assert Follow.objects.following(lennon, Group).get(name="musicians") == musicians
    assert not Follow.objects.followers(musicians, flag="watching")
    assert Follow.objects.following(lennon, User, flag="watching").get() == hendrix


def test_following_of_several_models_is_a_list(
    lennon, hendrix, musicians, django_assert_num_queries
):
    song = Song.objects.create(title="x")
    for obj in (hendrix, musicians, song):
        utils.follow(lennon, obj)
    utils.follow(lennon, hendrix, flag="watching")
    with django_assert_num_queries(4):  # the follows, and one for each model
        assert Follow.objects.following(lennon) == [hendrix, song, musicians]
    with django_assert_num_queries(3):
        assert Follow.objects.following(lennon, Group, User) == [hendrix, musicians]
    assert Follow.objects.following(lennon, flag="watching") == [hendrix]
    assert Follow.objects.following(AnonymousUser()) == []
    assert Follow.objects.following(AnonymousUser(), User, Group) == []


@pytest.mark.parametrize("user", [None, AnonymousUser(), SimpleLazyObject(AnonymousUser)])
def test_anonymous_users_follow_nothing(user, hendrix, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not Follow.objects.is_following(user, hendrix)
        assert [each.is_followed for each in Follow.objects.mark(user, [hendrix])] == [False]
    with pytest.raises(TypeError, match=r"^follow\(.*signed in"):
        utils.follow(user or AnonymousUser(), hendrix)


def test_mark_takes_one_query(lennon, hendrix, musicians, django_assert_num_queries):
    songs = [Song.objects.create(title=title) for title in "ab"]
    tag = Tag.objects.create(name="rock")
    for obj in (hendrix, songs[0], tag):
        utils.follow(lennon, obj)
    page = [hendrix, lennon, musicians, *songs, tag]
    with django_assert_num_queries(1):
        marked = Follow.objects.mark(lennon, page)
    assert marked == page
    assert [each.is_followed for each in page] == [True, False, False, True, False, True]
    Follow.objects.mark(lennon, page, flag="watching")
    assert not any(each.is_followed for each in page)
    with django_assert_num_queries(0):
        assert Follow.objects.mark(lennon, []) == []


def test_update_or_create(lennon, hendrix):
    made, is_new = Follow.objects.update_or_create(lennon, hendrix, defaults={"actor_only": False})
    assert (is_new, made.actor_only) == (True, False)
    again, is_new = Follow.objects.update_or_create(
        user=lennon, target_user=hendrix, defaults={"flag": "watching"}
    )
    assert (is_new, again.pk, again.flag) == (False, made.pk, "watching")


# The database's part


def test_a_user_follows_an_object_once_with_a_flag(lennon, hendrix, musicians):
    Follow.objects.create(lennon, hendrix)
    Follow.objects.create(lennon, hendrix, flag="watching")
    Follow.objects.create(lennon, musicians)
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(lennon, hendrix)
    with pytest.raises(ValidationError, match="already exists"):
        Follow(user=lennon, target=hendrix).full_clean()


def test_a_follow_needs_a_registered_saved_target(lennon):
    with pytest.raises(TypeError, match=r"Follow.save\(\): Follow.target is required"):
        Follow.objects.create(lennon)
    with pytest.raises(NotRegistered, match=r"^Follow.objects.create\(target=testapp.Orchestra 1"):
        Follow.objects.create(lennon, Orchestra(pk=1))
    with pytest.raises(ValueError, match=r"Follow.objects.create\(target=auth.User None\): the ob"):
        Follow.objects.create(lennon, User())
