"""The streams."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from follow.models import Follow
from follow.utils import follow, toggle, unfollow
from stream import streams
from stream.arc import NotRegistered
from stream.models import Action
from stream.streams import actor_stream, user_stream
from stream.utils import action
from tests.testapp.models import Crew, Orchestra, RoadCrew, Song, Stage, Studio, Tag, Venue

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("model", "fields", "actor_only"),
    [
        (User, {"username": "ono"}, True),
        (Crew, {"name": "Roadies"}, True),
        (RoadCrew, {"name": "Drivers"}, True),
        (Song, {"title": "Imagine"}, False),
        (Tag, {"name": "rock"}, False),
    ],
)
def test_new_follow_shows_what_its_object_can_have_done_to_it(lennon, model, fields, actor_only):
    obj = model.objects.create(**fields)
    assert Follow.objects.create(lennon, obj).actor_only is actor_only
    assert follow(lennon, obj, flag="watching").actor_only is actor_only
    assert toggle(lennon, obj, flag="liking").actor_only is actor_only


def test_follower_of_what_does_nothing_sees_what_is_done_to_it(lennon, hendrix):
    song = Song.objects.create(title="Imagine")
    follow(lennon, song)
    sung = action.send(hendrix, "sang", song)
    assert list(user_stream(lennon)) == [sung]


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


def test_registered_reach_is_that_of_new_follows(lennon, hendrix):
    venue = Stage.objects.create(name="Woodstock")
    assert not follow(lennon, venue).actor_only
    assert not Follow.objects.get_or_create(lennon, venue, flag="watching")[0].actor_only
    played = action.send(hendrix, "played", context=venue)
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


def test_a_page_of_the_feed_takes_few_queries(lennon, hendrix, django_assert_max_num_queries):
    follow(lennon, hendrix)
    for _ in range(5):
        action.send(hendrix, "played")
    with django_assert_max_num_queries(4):  # which columns, how many are left, actions, users
        page = user_stream(lennon).page(3)
        assert [each.actor for each in page] == [hendrix] * 3


def test_own_actions_kinds_and_time_of_following(lennon, hendrix):
    ono = User.objects.create(username="ono")
    follow(lennon, hendrix, flag="watching")
    before = action.send(ono, "sang", datetime=timezone.now() - dt.timedelta(days=1))
    follow(lennon, ono)
    slept, played, after = (action.send(user, "did") for user in (lennon, hendrix, ono))
    assert list(user_stream(lennon)) == [after, played, before]
    assert list(user_stream(lennon, flag="watching")) == [played]
    assert list(user_stream(lennon, since_follow=True)) == [after, played]
    assert list(user_stream(lennon, with_user_activity=True, flag="")) == [after, slept, before]


def test_a_site_may_have_own_actions_in_home_feeds(lennon, hendrix, settings):
    follow(lennon, hendrix)
    slept, played = (action.send(user, "did") for user in (lennon, hendrix))
    action.send(lennon, "hid", public=False)
    assert list(user_stream(lennon)) == [played]
    settings.STREAM_HOME_INCLUDES_OWN = True
    assert list(user_stream(lennon)) == [played, slept]
    assert list(user_stream(lennon, with_user_activity=False)) == [played]
    assert list(user_stream(lennon).page(1, after=user_stream(lennon).page(1).next)) == [slept]
    assert not user_stream(AnonymousUser())


def test_streams_of_an_object(lennon, hendrix):
    musicians = Group.objects.create(name="musicians")
    sang = action.send(lennon, "sang", hendrix, musicians)
    met = action.send(hendrix, "met", lennon)
    action.send(lennon, "wept", hendrix, public=False)
    assert list(streams.actor_stream(lennon)) == [sang]
    assert list(streams.target_stream(lennon)) == [met]
    assert list(streams.action_object_stream(musicians)) == [sang]
    assert list(streams.any_stream(lennon)) == [met, sang]
    assert list(streams.any_stream(lennon, verb="met")) == [met]
    assert list(streams.model_stream(Group)) == [sang]
    assert list(streams.model_stream(musicians)) == [sang]
    assert list(streams.model_stream(User, verb="sang")) == [sang]
    assert list(lennon.actor_actions.target_stream(hendrix)) == [sang]
    assert list(Action.objects.filter(verb="met").actor_stream(hendrix)) == [met]


def test_the_object_of_a_stream_is_known(lennon, hendrix, django_assert_num_queries):
    action.send(lennon, "met", hendrix)
    with django_assert_num_queries(3 + 2 + 2):  # columns that were left out; the other user
        rows = Action.objects.get_for_actor(lennon).only("verb").with_objects()
        assert [each.actor is lennon for each in rows] == [True]
        assert [each.target is hendrix for each in streams.target_stream(hendrix)] == [True]
        assert [each.actor is lennon for each in streams.any_stream(lennon)] == [True]
    mixed = streams.actor_stream(lennon) | streams.target_stream(lennon)
    assert [(each.actor, each.target) for each in mixed] == [(lennon, hendrix)]


def test_what_is_known_gives_way_to_a_queryset(lennon):
    action.send(lennon, "slept")
    [row] = streams.actor_stream(lennon).with_objects(User.objects.only("username"))
    assert row.actor.get_deferred_fields()
    [row] = streams.actor_stream(SimpleLazyObject(lambda: lennon))
    assert type(row.actor) is User


def test_streams_load_their_objects(lennon, hendrix, django_assert_num_queries):
    for _ in range(3):
        action.send(lennon, "met", hendrix)
    with django_assert_num_queries(2):
        assert {each.target for each in streams.actor_stream(lennon)} == {hendrix}


def test_the_stream_of_a_child_model(lennon):
    crew, road = Crew.objects.create(name="a"), RoadCrew.objects.create(name="b")
    action.send(crew, "packed")
    loaded = action.send(road, "loaded")
    assert list(streams.model_stream(RoadCrew)) == [loaded]
    studio = Studio.objects.create(name="Abbey Road")
    recorded = action.send(lennon, "recorded in", studio)
    action.send(lennon, "left", Venue.objects.create(name="x"))
    assert list(streams.model_stream(Studio)) == [recorded]


def test_streams_of_unregistered_models_are_refused():
    for function in (streams.any_stream, streams.model_stream, streams.actor_stream):
        with pytest.raises(NotRegistered, match="testapp.Orchestra is not registered as actor"):
            function(Orchestra(pk=1))


def test_the_feed_of_what_is_no_user_is_refused(hendrix):
    assert not user_stream(None)
    for user in (Group.objects.create(name="x"), User(), hendrix.pk):
        with pytest.raises(TypeError, match=r"^user_stream\(.*pass a saved user, or request.user"):
            user_stream(user)


def test_visible_to(lennon, hendrix):
    shown = action.send(lennon, "sang")
    hidden = action.send(lennon, "wrote to", hendrix, public=False)
    for user in (lennon, hendrix):
        assert set(Action.objects.visible_to(user)) == {shown, hidden}
    for other in (User.objects.create(username="ono"), AnonymousUser(), None):
        assert set(Action.objects.visible_to(other)) == {shown}
    with pytest.raises(TypeError, match=r"^visible_to\(.*pass a saved user, or request.user"):
        Action.objects.visible_to(lennon.pk)


def test_without_the_follow_app_it_says_what_to_install(lennon, settings, monkeypatch):
    configs = {label: each for label, each in apps.app_configs.items() if label != "follow"}
    monkeypatch.setattr(apps, "app_configs", configs)
    with pytest.raises(ImproperlyConfigured, match=r"user_stream\(\): .*add 'follow' to"):
        user_stream(lennon)


def test_a_home_feed_tells_whether_it_holds_an_action(lennon, hendrix, django_assert_num_queries):
    follow(lennon, hendrix)
    held, other = action.send(hendrix, "sang"), action.send(lennon, "listened")
    with django_assert_num_queries(2):
        assert user_stream(lennon).contains(held)
        assert not user_stream(lennon).contains(other)


def test_a_stream_of_a_key_needs_no_query_for_its_object(lennon, django_assert_num_queries):
    sent = action.send(lennon, "sang")
    with django_assert_num_queries(2):  # the actions, and their actors
        assert list(actor_stream(User(pk=lennon.pk))) == [sent]
