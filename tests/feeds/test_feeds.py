"""News feeds: the manager, what each feed does, and its settings."""

import datetime as dt

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from follow.models import Follow
from stream import signals
from stream.feeds import (
    AggregatedFeed,
    AggregatedTimelineFeed,
    Feed,
    FeedManager,
    Group,
    GroupBy,
    TimelineFeed,
    UserFeed,
    base,
    checks,
    feed_manager,
)
from stream.groups.keys import end_of, start_of
from stream.models import Action
from stream.paging import InvalidCursor
from stream.streams import target_stream, user_stream
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)


class OwnManager(FeedManager):
    def get_user_feed(self, user):
        return "own"


@pytest.fixture
def band():
    return Band.objects.create(name="Experience")


@pytest.fixture
def fans(band):
    """Five users who liked the band, one a minute; the last is the newest."""
    users = [User.objects.create(username=f"fan{number}") for number in range(5)]
    for number, user in enumerate(users):
        action.send(user, "liked", band, datetime=NOON + dt.timedelta(minutes=number))
    return users


@pytest.fixture
def follower(fans):
    follower = User.objects.create(username="follower")
    for user in fans:
        feed_manager.follow_user(follower, user)
    return follower


# The manager


def test_the_user_feed_is_what_a_user_does(lennon, hendrix):
    first, second = action.send(lennon, "sang"), action.send(lennon, "left")
    action.send(lennon, "hid", public=False)
    action.send(hendrix, "played")
    feed = feed_manager.get_user_feed(lennon)
    assert isinstance(feed, UserFeed)
    assert list(feed) == list(feed.page()) == [second, first]
    assert feed.count() == 2


def test_the_news_feeds_are_those_of_the_setting(follower):
    feeds = feed_manager.get_news_feeds(follower)
    assert {name: type(feed) for name, feed in feeds.items()} == {
        "timeline": TimelineFeed,
        "timeline_aggregated": AggregatedTimelineFeed,
    }
    assert list(feeds["timeline"]) == list(user_stream(follower))
    with override_settings(STREAM_NEWS_FEEDS={"groups": "stream.feeds.AggregatedTimelineFeed"}):
        assert list(feed_manager.get_news_feeds(follower)) == ["groups"]
        assert isinstance(feed_manager.get_feed("groups", follower), AggregatedTimelineFeed)
    assert isinstance(feed_manager.get_feed("timeline", follower), TimelineFeed)
    assert isinstance(feed_manager.get_feed("user", follower), UserFeed)


def test_an_unknown_feed_is_refused_with_the_known_names(lennon):
    known = "'user', 'notification', 'timeline', 'timeline_aggregated'"
    with pytest.raises(LookupError, match=f"get_feed.'news'.: there is no such feed; .* {known}"):
        feed_manager.get_feed("news", lennon)


def test_notifications_need_their_app(lennon, settings):
    settings.INSTALLED_APPS = [
        each for each in settings.INSTALLED_APPS if not each.startswith("stream.notifications")
    ]
    for get in (
        feed_manager.get_notification_feed,
        lambda user: feed_manager.get_feed("notification", user),
    ):
        with pytest.raises(ImproperlyConfigured, match="add 'stream.notifications' to INSTALLED"):
            get(lennon)


def test_following_goes_through_the_manager(lennon, hendrix):
    follow = feed_manager.follow_user(lennon, hendrix, flag="watching")
    assert Follow.objects.is_following(lennon, hendrix, "watching")
    assert feed_manager.unfollow_user(lennon, hendrix) is None
    assert feed_manager.unfollow_user(lennon, hendrix, flag="watching").datetime == follow.datetime
    assert not Follow.objects.exists()


def test_the_manager_is_replaced_by_a_setting(lennon):
    with override_settings(STREAM_FEED_MANAGER_CLASS="tests.feeds.test_feeds.OwnManager"):
        assert feed_manager.get_user_feed(lennon) == "own"
        assert feed_manager.get_feed("user", lennon) == "own"
        assert repr(feed_manager) == "<feed_manager: OwnManager>"
    assert isinstance(feed_manager.get_user_feed(lennon), UserFeed)


WRONG = [
    ("STREAM_FEED_MANAGER_CLASS", "stream.feeds.Feed", "E020", "subclass of stream.feeds.FeedM"),
    ("STREAM_FEED_MANAGER_CLASS", "stream.nowhere.Manager", "E020", "No module named"),
    ("STREAM_FEED_MANAGER_CLASS", ["list"], "E020", "subclass of stream.feeds.FeedM"),
    ("STREAM_NEWS_FEEDS", {"news": "stream.feeds.Group"}, "E021", "subclass of stream.feeds.Feed"),
    ("STREAM_NEWS_FEEDS", {"user": "stream.feeds.UserFeed"}, "E021", "another feed's"),
    ("STREAM_NEWS_FEEDS", ["timeline"], "E021", "write a dict of names"),
    ("STREAM_MISSING_DATA_POLICY", "hide", "E022", "write one of 'ignore', 'placeholder', 'raise'"),
]


@pytest.mark.parametrize(("setting", "value", "number", "said"), WRONG)
def test_a_wrong_setting_is_found_by_a_check(setting, value, number, said):
    with override_settings(**{setting: value}):
        (found,) = checks.check()
    assert found.id == f"stream.{number}"
    assert found.msg.startswith(setting)
    assert said in found.msg


def test_the_settings_of_the_tests_are_right():
    assert checks.check() == []
    assert checks.check in registry.get_checks()


# What every feed does


def test_iteration_reads_a_page_at_a_time(follower, monkeypatch):
    monkeypatch.setattr("stream.paging.feed.CHUNK", 2)
    feed = feed_manager.get_feed("timeline", follower)
    assert list(feed) == list(user_stream(follower))
    with CaptureQueriesContext(connection) as whole:
        list(feed)
    with CaptureQueriesContext(connection) as first:
        next(iter(feed))
    assert 2 * len(first) < len(whole)


@pytest.mark.parametrize("name", ["user", "timeline", "timeline_aggregated"])
def test_a_feed_is_empty_for_one_who_does_and_follows_nothing(lennon, name):
    feed = feed_manager.get_feed(name, lennon)
    assert list(feed) == []
    page = feed.page()
    assert (len(page), page.next, page.previous, page.first) == (0, None, None, None)
    assert repr(feed).endswith("Feed of lennon>")


def test_a_home_feed_of_nobody_is_empty():
    assert list(AggregatedTimelineFeed(AnonymousUser())) == []
    assert list(user_stream(None).grouped("verb")) == []


def test_counting_a_home_feed_is_refused(lennon):
    with pytest.raises(TypeError, match=r"TimelineFeed.count\(\): .* show page.next instead"):
        feed_manager.get_feed("timeline", lennon).count()


def test_a_feed_of_ones_own_says_its_page(lennon):
    with pytest.raises(NotImplementedError):
        Feed(lennon).page()
    with pytest.raises(NotImplementedError):
        base.GroupedFeed(lennon).page()


@pytest.mark.django_db(transaction=True)
def test_feeds_are_read_by_coroutines(follower, monkeypatch):
    monkeypatch.setattr("stream.paging.feed.CHUNK", 2)
    feed = feed_manager.get_feed("timeline", follower)

    async def read():
        return list(await feed.apage(3)), [each async for each in feed]

    page, whole = async_to_sync(read)()
    assert page == list(feed.page(3))
    assert whole == list(feed)


def test_a_feed_connects_no_receiver():
    assert not signals.action.receivers
    assert not signals.actions.receivers


# Groups


def test_a_group_of_the_home_feed(follower, fans, band):
    (group,) = feed_manager.get_feed("timeline_aggregated", follower).page()
    assert group.actors == fans[::-1]
    assert (group.actor_count, group.action_count, group.other_count) == (5, 5, 0)
    assert (group.verb, group.target, group.action_object, group.actor) == (
        "liked",
        band,
        None,
        None,
    )
    assert group.updated_at == NOON + dt.timedelta(minutes=4)
    assert [each.actor for each in group.actions] == fans[::-1]
    assert str(group) == "fan4, fan3 and 3 others liked Experience"
    assert repr(group) == f"<Group of 5: {group}>"


def test_counts_are_exact_and_lists_are_short(fans, band):
    for number in range(7):
        user = User.objects.create(username=f"more{number}")
        for _ in range(2):
            action.send(user, "liked", band, datetime=NOON + dt.timedelta(hours=1 + number))
    (group,) = target_stream(band).grouped().page()
    assert (group.actor_count, group.action_count, group.other_count) == (12, 19, 7)
    assert [each.username for each in group.actors] == [
        f"more{number}" for number in range(6, 1, -1)
    ]
    assert len(group.actions) == 5


def test_what_is_not_public_is_in_no_feed(follower, fans, band):
    action.send(fans[0], "liked", band, datetime=NOON + dt.timedelta(hours=1), public=False)
    (group,) = feed_manager.get_feed("timeline_aggregated", follower).page()
    assert group.action_count == 5


def object_of(action):
    return action.target or action.action_object


@pytest.mark.parametrize(
    "key", [("verb", "object", "day"), ("verb",), ("object", "month"), (object_of, "day")]
)
def test_a_page_of_groups_costs_the_same_for_any_number_of_groups(
    lennon, key, django_assert_num_queries
):
    """The actions, users and bands."""
    for number in range(8):
        fan = User.objects.create(username=f"fan{number}")
        action.send(fan, "liked", Band.objects.create(name=str(number)))
    feed = Action.objects.public().grouped(*key)
    with django_assert_num_queries(3):
        for group in feed.page(5):
            str(group)


def test_a_page_of_the_home_feed_in_groups_costs_few_queries(
    follower, django_assert_max_num_queries
):
    feed = feed_manager.get_feed("timeline_aggregated", follower)
    with django_assert_max_num_queries(8):
        assert [str(group) for group in feed.page()]


def test_cursors_are_those_of_groups(fans, band):
    feed = target_stream(band).grouped("actor", "day")
    page = feed.page(2)
    of_actions = target_stream(band).page(2).next
    for wrong in (of_actions, "forged"):
        with pytest.raises(InvalidCursor, match="is no cursor of this site"):
            feed.page(2, after=wrong)
    with pytest.raises(InvalidCursor):
        target_stream(band).page(2, after=page.next)


def test_before_the_first_group_is_the_first_page(fans, band):
    feed = target_stream(band).grouped("actor", "day")
    page = feed.page(2)
    again = feed.page(2, before=page.first)
    assert [each.key for each in again] == [each.key for each in page]


def test_a_new_action_moves_its_group_up(fans, band, lennon):
    other = Band.objects.create(name="Cream")
    action.send(lennon, "liked", other, datetime=NOON + dt.timedelta(hours=1))
    feed = Action.objects.public().grouped()
    assert [group.target for group in feed] == [other, band]
    action.send(lennon, "liked", band, datetime=NOON + dt.timedelta(hours=2))
    assert [group.target for group in feed] == [band, other]


def test_a_key_of_ones_own(follower, fans, band):
    class ByActor(AggregatedTimelineFeed):
        group_by = ("actor", "day")
        most_actions = 1

    groups = list(ByActor(follower))
    assert [group.actor for group in groups] == fans[::-1]
    assert {len(group.actions) for group in groups} == {1}


def test_a_function_as_a_key(follower, fans, band):
    def initial(action):
        return action.actor.username[0]

    class ByInitial(AggregatedTimelineFeed):
        def group_by(self, action):
            return initial(action)

    feed = target_stream(band).grouped(initial, "day")
    assert repr(feed) == "<AggregatedFeed by initial, day>"
    for page in (feed.page(), target_stream(band).grouped(initial), ByInitial(follower)):
        (group,) = page
        assert group.key[0] == "f"
        assert (group.action_count, group.is_exact, group.verb) == (5, True, "liked")


def test_a_key_may_read_data_of_all_actions_in_one_query(fans, band, django_assert_num_queries):
    for fan in fans:
        action.send(fan, "rated", band, data={"stars": 5})
    feed = target_stream(band, verb="rated").grouped(lambda each: each.data["stars"])
    with django_assert_num_queries(3):  # the actions, users and data
        (group,) = feed.page()
    assert group.key == (5,)


def test_a_key_that_is_not_hashable_is_refused(fans, band):
    def names(action):
        return [action.verb]

    with pytest.raises(TypeError, match=r"GroupBy\(names, 'day'\): names returned \['liked'\]"):
        target_stream(band).grouped(names, "day").page()


def test_a_group_counts_among_so_many_actions(fans, band, lennon):
    for number in range(4):
        when = NOON + dt.timedelta(hours=1, minutes=number)
        action.send(lennon, "played" if number % 2 else "sang", band, datetime=when)
    feed = target_stream(band).grouped("verb", most_rows=5)
    page = feed.page()
    assert [(each.verb, each.action_count, each.is_exact) for each in page] == [
        ("played", 2, False),
        ("sang", 2, False),
        ("liked", 5, True),
    ]
    assert str(page[0]) == "lennon played"
    assert len(list(feed)) == 3


def test_where_no_group_begins_a_page_is_not_full_and_goes_on(fans, band, lennon):
    action.send(lennon, "joined", band, datetime=NOON - dt.timedelta(hours=1))
    feed = target_stream(band).grouped("verb", most_rows=2)
    pages = [feed.page()]
    while pages[-1].next:
        pages.append(feed.page(after=pages[-1].next))
    assert [[each.verb for each in page] for page in pages] == [["liked"], [], ["joined"]]
    assert [each.verb for each in feed] == ["liked", "joined"]
    back = feed.page(before=pages[-1].previous)
    assert len(back) == 0
    assert [each.verb for each in feed.page(after=back.next)] == ["joined"]
    while not back:
        back = feed.page(before=back.previous)
    assert [each.verb for each in back] == ["liked"]
    assert back.previous is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "name what actions of a group share"),
        (("vreb",), "'vreb' is nothing to group by; write 'verb', 'actor'"),
        (("day", "week"), "day and week: write one of the periods"),
    ],
)
def test_a_wrong_key_is_refused(names, said):
    with pytest.raises(ValueError, match=said):
        GroupBy(*names)


def test_wrong_groups_are_refused(lennon):
    with pytest.raises(ValueError, match="nothing to group by"):
        Action.objects.grouped("vreb")
    with pytest.raises(TypeError, match="a slice has no groups"):
        Action.objects.all()[:5].grouped()
    for wrong in (0, "all"):
        with pytest.raises(ValueError, match="write how many actions are read at the most"):
            Action.objects.grouped(most_rows=wrong)
    with pytest.raises(TypeError, match="pages are newest first, and this is ordered by 'verb'"):
        Action.objects.order_by("verb").grouped().page()
    feed = Action.objects.grouped()
    assert repr(feed) == "<AggregatedFeed by verb, object, day>"
    with pytest.raises(ValueError, match="a page has one row at least"):
        feed.page(0)
    with pytest.raises(ValueError, match="after one cursor or before one"):
        feed.page(after="a", before="b")
    with pytest.raises(ValueError, match="a group has one action at least"):
        Group([])


def test_keys_are_equal_by_their_names():
    key = GroupBy("verb", "day")
    assert key == GroupBy("day", "verb")
    assert hash(key) == hash(GroupBy("day", "verb"))
    assert key not in (GroupBy("verb"), "verb")
    assert repr(key) == "GroupBy('verb', 'day')"


def test_no_rows_have_no_groups(fans):
    assert len(Action.objects.filter(verb__in=[]).grouped("verb").page()) == 0
    assert len(Action.objects.none().grouped().page()) == 0


def test_rows_that_a_filter_repeats_are_counted_once(fans, band):
    for user in fans:
        action.send(user, "joined", band, datetime=NOON + dt.timedelta(hours=1))
    repeated = Action.objects.filter(actor_user__actions_user__verb__in=["liked", "joined"])
    assert repeated.count() == 20
    groups = list(repeated.grouped())
    assert [(each.verb, each.action_count) for each in groups] == [("joined", 5), ("liked", 5)]


def test_the_home_feed_within_another_condition(follower, fans, band):
    rows = user_stream(follower) | Action.objects.filter(verb="sang")
    action.send(User.objects.create(username="x"), "sang", datetime=NOON)
    assert sorted((each.verb, each.action_count) for each in rows.grouped()) == [
        ("liked", 5),
        ("sang", 1),
    ]


def test_a_home_feed_that_is_no_plain_query(follower):
    (group,) = user_stream(follower).distinct().grouped().page()
    assert group.action_count == 5


@pytest.mark.django_db(databases=["default", "other"])
def test_groups_of_another_database():
    user = User.objects.using("other").create(username="far")
    action.send(user, "sang")
    assert not Action.objects.grouped().page()
    (group,) = Action.objects.using("other").grouped().page()
    assert group.actors == [user]
    assert str(group) == "far sang"


def test_objects_are_loaded_as_the_queryset_says(fans, band):
    rows = target_stream(band).with_objects(User.objects.exclude(username="fan4"))
    (group,) = rows.grouped().page()
    assert [each.username for each in group.actors] == ["fan3", "fan2", "fan1", "fan0"]
    assert (group.actor_count, group.other_count) == (5, 1)


def test_a_group_made_of_actions(fans, band):
    actions = list(target_stream(band))
    group = Group(actions)
    assert (group.actor_count, group.verb, group.target) == (5, "liked", band)
    partly = Group(actions[:2], actor_count=5, action_count=5)
    assert (partly.verb, partly.get_verb_display(), partly.target) == (None, "", None)
    assert str(partly) == "fan4, fan3 and 3 others did 5 things"
    assert isinstance(AggregatedFeed(target_stream(band)).page()[0], Group)


def test_without_time_zones(fans, band, settings):
    when = dt.datetime(2026, 5, 20, 13, 30)
    assert start_of("day", when) == dt.datetime(2026, 5, 20)
    assert start_of("week", when) == dt.datetime(2026, 5, 18)
    assert end_of("month", when) == dt.datetime(2026, 6, 1)


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Havana", "America/New_York", "UTC"])
def test_periods_follow_each_other(zone):
    """Each hour is in the day of its date; a day ends where the next begins."""
    with timezone.override(zone):
        for hours in range(0, 24 * 370):
            when = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=hours)
            start, end = start_of("day", when), end_of("day", when)
            assert start.date() == timezone.localtime(when).date()
            assert start <= when < end
            if hours % 24 == 0:
                for period in ("day", "week", "month"):
                    end = end_of(period, when)
                    assert start_of(period, when) <= when < end
                    last = end.astimezone(dt.UTC) - dt.timedelta(seconds=1)
                    assert start_of(period, last) == start_of(period, when)
