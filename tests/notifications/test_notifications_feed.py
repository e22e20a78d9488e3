"""Reading notifications and marking them."""

from random import Random

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection
from django.db.models import F
from django.db.models.signals import post_delete, post_init
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st

from stream.feeds import feed_manager
from stream.managers import ActionManager
from stream.models import Action
from stream.notifications import NotificationFeed, groups, notify
from stream.notifications.models import Inbox, Notification
from stream.paging import InvalidCursor
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.support.notifications import check_counts, users
from tests.support.queries import forget_statistics
from tests.testapp.models import Song, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(lennon, hendrix):
    """The feed of hendrix: thirty notifications of three kinds."""
    band, song = Band.objects.create(name="Cream"), Song.objects.create(title="x")
    for number in range(30):
        target = [band, song, Tag.objects.get_or_create(name="rock")[0]][number % 3]
        notify(hendrix, action.send(lennon, "liked", target))
    return NotificationFeed(hendrix)


def numbers(page):
    """Number the rows or groups of a page: the first ever delivered is 1."""
    keys = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
    return [keys.index(each.pk) + 1 for each in page]


def test_a_page_is_newest_first_and_has_all_it_shows(feed, django_assert_num_queries):
    # The rows with their actions, the inbox, and four models.
    with django_assert_num_queries(6):
        page = feed.page(25)
        shown = [(str(each), each.is_read, each.is_seen, each.read_at) for each in page]
    assert numbers(page) == list(range(30, 5, -1))
    assert shown[0][0].startswith("lennon liked rock, ")
    assert shown[0][1:] == (False, False, None)


def test_pages_by_cursors(feed):
    first = feed.page(12)
    second = feed.page(12, after=first.next)
    last = feed.page(12, after=second.next)
    assert numbers(first) + numbers(second) + numbers(last) == list(range(30, 0, -1))
    assert (first.previous, last.next) == (None, None)
    assert numbers(feed.page(12, before=last.previous)) == numbers(second)
    assert numbers(feed.page(12, before=second.previous)) == numbers(first)
    assert numbers(feed.page(12, before=first.first)) == numbers(first)
    assert numbers(feed) == list(range(30, 0, -1))
    assert feed.page(12, before=second.previous).previous is None


def test_walking_through_many(feed, monkeypatch):
    monkeypatch.setattr("stream.paging.feed.CHUNK", 7)
    assert numbers(feed) == list(range(30, 0, -1))


def test_odd_pages_are_refused(feed):
    cursor = feed.page(5).next
    for wrong in ("x", cursor + "x", Action.objects.all().page(1).next):
        with pytest.raises(InvalidCursor):
            feed.page(after=wrong)
    with pytest.raises(ValueError, match="a page has one row at least"):
        feed.page(0)
    with pytest.raises(ValueError, match="after one cursor or before one"):
        feed.page(after=cursor, before=cursor)


def test_odd_arguments_are_told_by_the_call(feed):
    for call, name in ((feed.mark_read, "mark_read"), (feed.delete, "delete"), (feed.get, "get")):
        for wrong in ("x", Action()):
            with pytest.raises(TypeError, match=rf"^{name}\(.*: pass notifications or their keys"):
                call(wrong)
    for size in ("x", None, 2.5, True):
        with pytest.raises(TypeError, match=r"^page\(size=.*: write a whole number of rows"):
            feed.page(size)
    with pytest.raises(TypeError, match="NotificationFeed.*pass a saved user"):
        NotificationFeed(User)


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_nobody_has_none(user):
    feed = NotificationFeed(user)
    assert list(feed) == list(feed.groups()) == []
    assert (feed.unread_count, feed.unseen_count) == (0, 0)
    feed.mark_read_all()
    assert feed.mark_read(1) == feed.delete(1) == 0
    with pytest.raises(TypeError, match="NotificationFeed"):
        NotificationFeed("ann")


def test_counts_take_a_query_each(feed, django_assert_num_queries):
    with django_assert_num_queries(2):
        for _ in range(2):
            assert (feed.unread_count, feed.unseen_count) == (30, 30)


def test_counts_for_a_badge_go_no_further_than_a_limit(feed):
    feed.mark_seen(*feed.page(3))
    assert (feed.count_unread(10), feed.count_unseen(10)) == (10, 10)
    assert (feed.count_unread(40), feed.count_unseen(40)) == (30, 27)


def test_marking_one_and_many(feed):
    newest = feed.page(3)
    assert feed.mark_seen(newest[0]) == 1
    assert feed.mark_seen(newest[0]) == 0
    assert (feed.unread_count, feed.unseen_count) == (30, 29)
    assert feed.mark_read(*newest) == 3
    assert feed.mark_read(newest[0].pk) == 0
    assert (feed.unread_count, feed.unseen_count) == (27, 27)
    again = feed.page(4)
    assert [each.is_read for each in again] == [True, True, True, False]
    assert again[0].seen_at < again[0].read_at
    check_counts()


def test_marking_those_of_others_changes_nothing(feed, lennon):
    pk = feed.page(1)[0].pk
    assert NotificationFeed(lennon).mark_read(pk) == 0
    notify(lennon, Action.objects.earliest(), to_self=True)
    assert NotificationFeed(lennon).mark_read(pk) == 0
    assert NotificationFeed(lennon).delete(pk) == 0
    assert (feed.unread_count, NotificationFeed(lennon).unread_count) == (30, 1)


@pytest.mark.django_db(transaction=True)  # in one, MariaDB could not give the lock back
def test_marking_all_writes_one_row(feed, django_assert_max_num_queries):
    feed.mark_seen_all()  # adds the inbox
    # The inbox, the newest row, whether nobody delivers (in a savepoint), and the mark.
    with django_assert_max_num_queries(7) as queries:
        feed.mark_read_all()
    written = [each["sql"] for each in queries if each["sql"].startswith(("UPDATE", "INSERT"))]
    assert [sql.split()[1].strip('"`') for sql in written] == ["stream_notifications_inbox"]
    assert (feed.unread_count, feed.unseen_count) == (0, 0)
    page = feed.page(5)
    inbox = Inbox.objects.get()
    assert {each.read_at for each in page} == {inbox.read_up_to_at}
    assert {each.seen_at for each in page} == {inbox.seen_up_to_at}
    assert inbox.seen_up_to_at < inbox.read_up_to_at
    assert all(each.is_read for each in Notification.objects.all())
    check_counts()


def test_marking_all_again_writes_nothing(feed, django_assert_num_queries):
    feed.mark_read_all()
    with django_assert_num_queries(2):
        feed.mark_read_all()
    with django_assert_num_queries(2):
        feed.mark_seen_all()


def test_all_seen_stays_unread(feed, lennon, hendrix):
    feed.mark_seen_all()
    seen_at = Inbox.objects.get().seen_up_to_at
    assert (feed.unread_count, feed.unseen_count) == (30, 0)
    assert all(each.is_seen and not each.is_read for each in feed.page())
    feed.mark_read_all()
    assert Inbox.objects.get().seen_up_to_at == seen_at
    notify(hendrix, action.send(lennon, "saw", hendrix))
    feed.refresh()
    assert (feed.unread_count, feed.unseen_count) == (1, 1)
    assert [each.is_read for each in feed.page(2)] == [False, True]
    check_counts()


def test_the_feed_manager_gives_the_feed(feed, hendrix):
    given = feed_manager.get_notification_feed(hendrix)
    assert isinstance(given, NotificationFeed)
    assert list(given) == list(feed_manager.get_feed("notification", hendrix)) == list(feed)


def test_unread_and_unseen_ones_only(feed, hendrix):
    feed.mark_read(*feed.page(10))
    feed.mark_seen(*feed.page(20))
    assert numbers(NotificationFeed(hendrix, unread=True).page(5)) == [20, 19, 18, 17, 16]
    assert numbers(NotificationFeed(hendrix, unseen=True).page(2)) == [10, 9]
    assert [
        NotificationFeed(hendrix, **only).count()
        for only in ({}, {"unread": True}, {"unseen": True}, {"unread": True, "unseen": True})
    ] == [30, 20, 10, 10]
    feed.mark_read_all()
    assert not NotificationFeed(hendrix, unread=True).page()
    assert not Notification.objects.unread()
    assert Notification.objects.read().count() == 30


def test_what_to_mark_must_be_said(feed):
    with pytest.raises(TypeError, match=r"mark_read\(\): pass notifications or group"):
        feed.mark_read()
    with pytest.raises(TypeError, match=r"delete\(\): pass"):
        feed.delete(1, group=2)


def test_one_of_ones_own(feed, lennon):
    pk = feed.page(1)[0].pk
    assert numbers([feed.get(pk)]) == [30]
    with pytest.raises(Notification.DoesNotExist):
        NotificationFeed(lennon).get(pk)
    Action.objects.update(public=False)
    assert feed.get(pk)
    with (
        override_options(User, visible_to=lambda self, users, reader: users.none()),
        pytest.raises(Notification.DoesNotExist, match="is hidden from the user"),
    ):
        feed.get(pk)


def test_reading_from_async_code(feed):
    assert len(async_to_sync(feed.apage)(5)) == 5


# Groups


def test_groups_by_verb_object_and_day(feed, lennon, hendrix, django_assert_num_queries):
    ringo, bob, *more = users("ringo", "bob", "mick", "keith", "brian")
    for user in (ringo, bob, *more):
        notify(hendrix, action.send(user, "liked", Band.objects.get()))
    feed.mark_read(*feed.page(2))
    with django_assert_num_queries(12):
        page = feed.groups()
        shown = [str(each) for each in page]
    assert shown == [
        "brian, keith and 4 others liked Cream",
        "lennon liked rock",
        "lennon liked x",
    ]
    band, rock, _ = page
    assert (band.action_count, band.actor_count, band.unread_count, band.unseen_count) == (
        15,
        6,
        13,
        13,
    )
    assert (rock.action_count, rock.is_read, rock.is_seen) == (10, False, False)
    assert numbers(band.notifications) == [35, 34, 33, 32, 31]
    assert band.datetime == band.notifications[0].datetime
    assert feed.mark_read(group=band.group) == 13
    assert feed.groups()[0].is_read
    assert feed.mark_seen(group=rock.group) == 10
    assert feed.delete(group=rock.group) == 10
    assert len(feed.groups()) == 2
    check_counts()


def test_pages_of_groups(feed):
    first = feed.groups(2)
    second = feed.groups(2, after=first.next)
    assert [str(each) for each in second] == ["lennon liked x"] or len(second) == 1
    assert (first.previous, second.next) == (None, None)
    assert numbers(feed.groups(2, before=second.previous)) == numbers(first)


def by_actor(action):
    return str(action.actor)


def test_groups_of_ones_own(settings, lennon, hendrix):
    settings.STREAM_NOTIFICATION_GROUP_BY = "tests.notifications.test_notifications_feed.by_actor"
    ringo, band = *users("ringo"), Band.objects.create(name="Cream")
    for user, verb in [(lennon, "saw"), (ringo, "saw"), (lennon, "heard")]:
        notify(hendrix, action.send(user, verb, band))
    assert [each.action_count for each in NotificationFeed(hendrix).groups()] == [2, 1]


def test_who_was_told_of_an_action_may_see_it_when_it_is_no_longer_public(feed, lennon, hendrix):
    before = len(feed.groups())
    Action.objects.filter(target_tag="rock").update(public=False)
    assert len(feed.groups()) == before
    private = Action.objects.filter(public=False)
    assert set(private.visible_to(hendrix)) == set(private) != set()
    ringo = User.objects.create(username="ringo")
    assert not private.visible_to(ringo) | private.visible_to(None)


# Deleting


def test_what_is_deleted_is_not_counted(feed, lennon):
    rows = list(feed.page(6))
    feed.mark_read(rows[0])
    rows[0].delete()
    rows[1].delete()
    assert Notification.objects.filter(pk__in=[rows[2].pk, rows[3].pk]).delete()[0] == 2
    assert feed.delete(rows[4], rows[5].pk) == 2
    feed.refresh()
    assert (feed.unread_count, feed.count()) == (24, 24)
    check_counts()


def test_what_is_deleted_takes_its_notifications_along(feed, lennon):
    everybody = [lennon, *users("ringo", "bob")]
    for each in Action.objects.all()[:5]:
        notify(everybody, each, to_self=True)
    feed.mark_read(*feed.page(4))
    Action.objects.earliest().delete()
    check_counts()
    Band.objects.get().delete()
    check_counts()
    assert Notification.objects.filter(recipient=feed.user).count() == 20
    User.objects.get(username="ringo").delete()
    check_counts()
    Action.objects.filter(target_tag="rock").delete()
    check_counts()
    feed.mark_read_all()
    lennon.delete()
    check_counts()
    assert not Notification.objects.exists()


@pytest.mark.parametrize("count", [1, 60])
def test_notifications_cost_a_deletion_no_queries(
    lennon, hendrix, count, django_assert_num_queries
):
    band = Band.objects.create(name="Cream")
    liked = [action.send(lennon, "liked", band) for _ in range(count)]
    with CaptureQueriesContext(connection) as alone:
        band.delete()
    band = Band.objects.create(name="Cream")
    for _ in range(count):
        notify([hendrix, *users("ringo")], action.send(lennon, "liked", band))
        User.objects.filter(username="ringo").delete()
    with django_assert_num_queries(len(alone)):
        band.delete()
    assert liked
    assert not Notification.objects.exists()


def raw(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize(
    "delete",
    [
        lambda: Notification.objects.all().delete(),
        lambda: Notification.objects.filter(action__public=True).delete(),
        lambda: [row.delete() for row in Notification.objects.all()],
        lambda: Action.objects.all().delete(),
        lambda: Action.objects.first().delete(),
        lambda: Band.objects.get().delete(),
        lambda: User.objects.filter(username__in=["hendrix", "ringo"]).delete(),
        lambda: User.objects.get(username="hendrix").delete(),
        lambda: raw("DELETE FROM stream_notifications_notification"),
        lambda: raw("DELETE FROM stream_action"),
        lambda: raw("DELETE FROM auth_user WHERE username = %s", "ringo"),
        lambda: NotificationFeed(User.objects.get(username="ringo")).delete(
            *Notification.objects.values_list("pk", flat=True)
        ),
    ],
)
@pytest.mark.parametrize("heard", [False, True])
def test_counts_are_right_however_rows_are_deleted(lennon, hendrix, delete, heard):
    """Also where a site listens to the deletion of everything, which ends Django's fast way."""
    band = Band.objects.create(name="Cream")
    for verb in ("liked", "saw"):
        notify([hendrix, *users(f"{verb} fan")], action.send(lennon, verb, band))
    notify([hendrix, *users("ringo")], action.send(lennon, "met"))
    NotificationFeed(hendrix).mark_read(NotificationFeed(hendrix).page(1)[0])
    before, seen = Notification.objects.count(), []

    def listen(instance, **kwargs):
        seen.append(instance)

    if heard:
        post_delete.connect(listen)
    try:
        delete()
    finally:
        post_delete.disconnect(listen)
    left = Notification.objects.count()
    assert left < before
    check_counts()
    assert not Notification.objects.exclude(action__in=Action.objects.all()).exists()
    told = [each for each in seen if isinstance(each, Notification)]
    assert not told or len(told) == before - left


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.sampled_from(
            ["deliver", "read", "seen", "read all", "seen all", "delete", "drop action", "group"]
        ),
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
def test_counts_are_right_after_anything(lennon, hendrix, steps, random):
    Action.objects.all().delete()
    Inbox.objects.all().delete()
    feed = NotificationFeed(hendrix)
    for step in steps:
        keys = list(feed.notifications.values_list("pk", flat=True))
        if step == "deliver":
            notify([hendrix, lennon], action.send(lennon, "liked", hendrix))
        elif step == "read all":
            feed.mark_read_all()
        elif step == "seen all":
            feed.mark_seen_all()
        elif step == "drop action" and keys:
            Action.objects.get(notifications=random.choice(keys)).delete()
        elif step == "group" and keys:
            feed.mark_read(group=Notification.objects.get(pk=random.choice(keys)).group)
        elif keys:
            marks = {"read": feed.mark_read, "seen": feed.mark_seen, "delete": feed.delete}
            marks.get(step, feed.mark_seen)(*random.sample(keys, min(2, len(keys))))
        check_counts()


# The plan


def test_a_page_reads_the_index_of_what_is_unread(feed):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    with CaptureQueriesContext(connection) as queries:
        NotificationFeed(feed.user, unread=True).page()
    forget_statistics()  # those of a long table, from another test
    sql = next(each["sql"] for each in queries if "INNER JOIN" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN' * (connection.vendor == 'sqlite')} {sql}")
        plan = str(cursor.fetchall())
    assert "stream_notified_unread" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    "read",
    [
        lambda feed: feed.page(),
        lambda feed: feed.groups(),
        lambda feed: feed.count_unread(limit=100),
        lambda feed: feed.mark_read_all(),
    ],
)
@pytest.mark.parametrize("unread", [False, True])
def test_who_fell_silent_is_found_by_an_index(lennon, hendrix, read, unread):
    """By the order of the keys alone, planners would walk past all that others got since."""
    actions = Action.objects.bulk_create(Action(actor=lennon, verb="saw") for _ in range(2000))
    for user in (hendrix, lennon):
        Notification.objects.bulk_create(
            Notification(recipient=user, action=each, group=each.pk) for each in actions
        )
    table = Notification._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor != "mysql":  # where it would commit
            cursor.execute(f"ANALYZE {table}")
    with CaptureQueriesContext(connection) as queries:
        read(NotificationFeed(hendrix, unread=unread))
    walks = [each["sql"] for each in queries if "LIMIT" in each["sql"] and table in each["sql"]]
    plans = []
    with connection.cursor() as cursor:
        for sql in walks:
            if "DESC" in sql and "GROUP BY" not in sql and sql.startswith("SELECT"):
                kind = "QUERY PLAN" if connection.vendor == "sqlite" else ""
                cursor.execute(f"EXPLAIN {kind} {sql}")
                plans.append(str(cursor.fetchall()))
    assert plans
    for plan in plans:
        assert "stream_notified" in plan
        assert "stream_notifications_notification_pkey" not in plan


class Greetings(NotificationFeed):
    """A feed of a site's own."""

    @property
    def notifications(self):
        return super().notifications.filter(action__target_tag="rock")


def test_a_feed_of_ones_own_chooses_what_it_shows(feed):
    own = Greetings(feed.user, unread=True)
    assert numbers(own.page(3)) == [30, 27, 24]
    assert numbers(own.page(3, after=own.page(3).next)) == [21, 18, 15]
    assert own.page(1)[0].action.actor.username == "lennon"


def test_rows_are_what_the_queryset_gives(feed):
    feed.mark_read(*feed.page(5))
    for only in ({}, {"unread": True}, {"unseen": True}, {"unread": True, "unseen": True}):
        chosen = NotificationFeed(feed.user, **only)
        assert list(chosen.page(40)) == list(chosen.notifications)


@pytest.mark.parametrize("model", [Action, Notification])
def test_rows_that_listeners_hear_of_are_made_by_django(feed, model):
    heard = []

    def listen(instance, **kwargs):
        heard.append(instance)

    post_init.connect(listen, sender=model)
    try:
        page = feed.page(3)
    finally:
        post_init.disconnect(listen, sender=model)
    expected = {each.action if model is Action else each for each in page}
    assert expected == set(heard[:3])


class Counting(ActionManager):
    def get_queryset(self):
        return super().get_queryset().annotate(twice=F("pk") * 2)


def test_actions_are_those_of_a_manager_of_ones_own(feed, monkeypatch):
    manager = Counting()
    manager.model = Action
    monkeypatch.setattr(Action._meta, "default_manager", manager)
    assert [each.action.twice for each in feed.page(2)] == [
        each.action_id * 2 for each in feed.notifications[:2]
    ]


def test_only_plain_columns_are_written_when_saved(feed):
    row = feed.page(1)[0]
    row.read_at = timezone.now()
    row.save(update_fields=["read_at"])
    assert Notification.objects.get(pk=row.pk).is_read


def test_group_of_users_is_no_user(feed):
    with pytest.raises(TypeError):
        NotificationFeed(Group(pk=1))


@pytest.mark.parametrize("unread", [False, True])
def test_a_group_counts_its_newest_notifications(lennon, hendrix, monkeypatch, unread):
    monkeypatch.setattr(groups, "NOTIFICATIONS_COUNTED", 4)
    for target, count in ((lennon, 4), (hendrix, 7)):
        for _ in range(count):
            notify(lennon, action.send(hendrix, "praised", target))
    large, small = NotificationFeed(lennon, unread=unread).groups()
    assert (large.action_count, large.unread_count, large.is_exact) == (4, 4, False)
    assert (large.actor_count, large.shown_count) == (1, "4+")
    assert (small.action_count, small.unread_count, small.is_exact) == (4, 4, True)


def by_definition(feed):
    """Return the numbers of the newest of each group that the reader may see, newest first."""
    newest = {}
    for row in feed.visible:
        newest.setdefault(row.group, row.pk)
    return list(newest.values())


@pytest.mark.parametrize("unread", [False, True])
def test_pages_of_groups_are_all_groups_however_they_lie(lennon, hendrix, monkeypatch, unread):
    """In clumps, interleaved, and with some private: forward, and back again."""
    monkeypatch.setattr(groups, "ROWS_OF_A_GROUP", (1, 2))
    dice = Random(1)
    bands = Band.objects.bulk_create(Band(name=f"band {n}") for n in range(12))
    for band in [*(each for each in bands[:4] for _ in range(9)), *dice.choices(bands, k=60)]:
        notify(hendrix, action.send(lennon, "liked", band, public=dice.random() < 0.6))
    Action.objects.filter(target_band__in=bands[4:6]).update(public=False)
    NotificationFeed(hendrix).mark_read(*Notification.objects.order_by("?")[:15])
    feed = NotificationFeed(hendrix, unread=unread)
    pages = [feed.groups(2)]
    while pages[-1].next:
        pages.append(feed.groups(2, after=pages[-1].next))
    assert [each.pk for page in pages for each in page] == by_definition(feed)
    assert max(len(page) for page in pages) == 2
    page = [page for page in pages if page][-1]
    found = [each.pk for each in page]
    while page.previous:
        page = feed.groups(2, before=page.previous)
        found[:0] = [each.pk for each in page]
    assert found == by_definition(feed)


def test_groups_in_clumps_fill_a_page(lennon, hendrix):
    liked = action.send(lennon, "liked")
    actions = Action.objects.bulk_create(Action(actor=lennon, verb="saw") for _ in range(600))
    Notification.objects.bulk_create(
        Notification(recipient=hendrix, action=each, group=number // 50)
        for number, each in enumerate([*actions, liked])
    )
    page = NotificationFeed(hendrix).groups(5)
    assert [group.group for group in page] == [12, 11, 10, 9, 8]
    assert [group.action_count for group in page] == [1, 50, 50, 50, 50]
