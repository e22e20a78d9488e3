"""Following: the manager, the functions and the signals."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

from follow import signals, utils
from follow.models import Follow, send_unfollowed
from stream.arc import NotRegistered
from stream.models import Action
from tests.early.models import Band
from tests.testapp.models import Crew, Orchestra, RoadCrew, Song, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def lennon():
    return User.objects.create(username="lennon")


@pytest.fixture
def hendrix():
    return User.objects.create(username="hendrix")


@pytest.fixture
def musicians():
    return Group.objects.create(name="musicians")


@pytest.fixture
def told():
    """What the signals told: (name, sender, user, target)."""
    events = []

    def receiver(name):
        def receive(sender, user, target, instance, **kwargs):
            assert isinstance(instance, Follow)
            events.append((name, sender, user, target))

        return receive

    receivers = {name: receiver(name) for name in ("followed", "unfollowed")}
    for name, receive in receivers.items():
        getattr(signals, name).connect(receive)
    yield events
    for name, receive in receivers.items():
        getattr(signals, name).disconnect(receive)


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
    crew = Crew.objects.create(name="x")  # can be followed, but is no target of actions
    with pytest.raises(NotRegistered, match="testapp.Crew is not registered as target"):
        utils.follow(lennon, crew, send_action=True)
    assert not Follow.objects.is_following(lennon, crew)


# Signals


def test_signals_tell_of_each_change_once(lennon, hendrix, musicians, told):
    utils.follow(lennon, hendrix)
    utils.follow(lennon, hendrix)
    utils.unfollow(lennon, hendrix)
    utils.unfollow(lennon, hendrix)
    utils.toggle(lennon, musicians)
    assert told == [
        ("followed", User, lennon, hendrix),
        ("unfollowed", User, lennon, hendrix),
        ("followed", Group, lennon, musicians),
    ]


def test_saving_again_tells_nothing(lennon, hendrix, told):
    follow = utils.follow(lennon, hendrix)
    follow.save()
    assert len(told) == 1


def test_deleting_the_user_or_the_target_tells_unfollowed(lennon, hendrix, musicians, told):
    utils.follow(lennon, musicians)
    utils.follow(hendrix, musicians)
    told.clear()
    hendrix_again = User.objects.get(pk=hendrix.pk)
    hendrix.delete()
    assert told == [("unfollowed", Group, hendrix_again, musicians)]
    told.clear()
    musicians.delete()
    assert [event[:2] for event in told] == [("unfollowed", Group)]
    assert not Follow.objects.exists()


def test_the_user_may_be_gone_when_unfollowed_is_sent(lennon, hendrix, told):
    follow = Follow(user_id=4711, target_user_id=4712, pk=1)
    send_unfollowed(instance=follow)
    assert told == [("unfollowed", User, None, None)]


def test_where_nobody_listens_nothing_is_fetched():
    fans = [User.objects.create(username=str(number)) for number in range(20)]
    counts = []
    for followers in (fans[:1], fans):
        band = Band.objects.create(name="x")
        for fan in followers:
            utils.follow(fan, band)
        with CaptureQueriesContext(connection) as queries:
            band.delete()
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5  # MariaDB has one more


def test_fixtures_tell_nothing(lennon, hendrix, told, tmp_path):
    utils.follow(lennon, hendrix)
    fixture = tmp_path / "follows.json"
    call_command("dumpdata", "follow", output=str(fixture), verbosity=0)
    Follow.objects.all().delete()
    told.clear()
    call_command("loaddata", str(fixture), verbosity=0)
    assert Follow.objects.get().target == hendrix
    assert told == []


def test_a_handler_that_raises_takes_the_follow_back(lennon, hendrix):
    def refuse(**kwargs):
        raise PermissionError

    signals.followed.connect(refuse, sender=User)
    try:
        with pytest.raises(PermissionError):
            utils.follow(lennon, hendrix)
    finally:
        signals.followed.disconnect(refuse, sender=User)
    assert not Follow.objects.exists()


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


def test_register_again_changes_nothing():
    assert utils.register(Band) is Band
    assert utils.register("early.Band") == "early.Band"


def test_register_with_a_taken_method_name():
    with pytest.raises(ImproperlyConfigured, match=r"^register\(early.Band\): early.Band has "):
        utils.register(Band, lookup_method_name="save")


def test_register_as_a_decorator_with_options():
    assert utils.register(field_name="target_band")(Band) is Band
