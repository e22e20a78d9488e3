"""Delivering notifications: to whom, how often, and at which price."""

import datetime as dt

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from stream import notifications
from stream.models import Action
from stream.notifications import NotificationFeed, anotify, mute, notify, signals
from stream.notifications.models import Inbox, Mute, Notification, database_of
from stream.notifications.query import InKeys
from stream.utils import action
from tests.early.models import Band
from tests.support.notifications import check_counts, users
from tests.support.routers import Primary
from tests.testapp.models import Song, Studio, Tag, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def liked(lennon):
    return action.send(lennon, "liked", Band.objects.create(name="Cream"))


def recipients(of):
    return sorted(
        Notification.objects.filter(action=of).values_list("recipient__username", flat=True)
    )


def test_a_user_gets_an_action_once(lennon, hendrix, liked):
    assert notify(hendrix, liked) == 1
    assert notify(hendrix, liked) == 0
    assert notify([hendrix, hendrix], liked) == 0
    [notification] = Notification.objects.all()
    assert (notification.recipient, notification.action) == (hendrix, liked)
    assert (notification.seen_at, notification.read_at) == (None, None)
    check_counts()


def test_a_notification_may_be_of_another_time(lennon, hendrix, liked):
    when = timezone.now() - dt.timedelta(days=400)
    assert notify(hendrix, liked, datetime=when) == 1
    assert Notification.objects.get().datetime == when
    with pytest.raises(TypeError, match=r"^notify\(datetime='soon'\): pass a datetime.datetime"):
        notify(lennon, liked, datetime="soon")
    with pytest.raises(ValueError, match=r"^notify\(datetime=.*years 1001 to 9998"):
        notify(lennon, liked, datetime=when.replace(year=1))


@pytest.mark.parametrize(
    "wanted",
    [
        lambda: User.objects.exclude(username__startswith="x"),
        lambda: User.objects.order_by("-username")[:3],
        lambda: User.objects.order_by("username").reverse(),
        lambda: User.objects.filter(username="hendrix").union(User.objects.filter(username="bob")),
        lambda: list(User.objects.all()),
        lambda: iter(User.objects.all()),
        lambda: Group.objects.get(),
        lambda: User.objects.filter(groups__name="fans") | User.objects.filter(username="bob"),
    ],
    ids=["queryset", "sliced", "reversed", "union", "list", "iterator", "group", "joined"],
)
def test_recipients_of_any_kind(lennon, hendrix, liked, wanted):
    bob = User.objects.create(username="bob")
    fans = Group.objects.create(name="fans")
    fans.user_set.add(lennon, hendrix, bob)
    notify(wanted(), liked)
    assert recipients(liked) == ["bob", "hendrix"]
    check_counts()


def test_chunks_of_a_reversed_or_sliced_queryset(lennon, liked, monkeypatch):
    monkeypatch.setattr("stream.notifications.recipients.RECIPIENTS_PER_TRANSACTION", 2)
    users("a", "b", "c", "d", "e")
    assert notify(User.objects.order_by("username").reverse(), liked) == 5
    more = action.send(lennon, "liked", lennon)
    assert notify(User.objects.order_by("username")[:4], more) == 4
    assert recipients(more) == ["a", "b", "c", "d"]


def test_delivery_goes_where_the_router_writes(liked, settings):
    liked._state.db = "replica"
    settings.DATABASE_ROUTERS = [Primary()]
    assert database_of(liked) == "default"


def test_many_keys_are_prepared_by_their_field(monkeypatch):
    Tag.objects.bulk_create(Tag(name=name) for name in ("rock", "pop", "jazz"))
    monkeypatch.setattr(Tag._meta.pk, "get_prep_value", lambda value: value.removeprefix("#"))
    found = Tag.objects.filter(InKeys(F("pk"), ["#rock", "#pop"]))
    assert set(found.values_list("pk", flat=True)) == {"rock", "pop"}


def test_nobody_gets_nothing(liked, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert notify(None, liked) == notify([], liked) == 0
    assert notify(User.objects.none(), liked) == 0
    assert notify(User(pk=987654), liked) == 0


def test_who_acts_gets_it_only_when_asked_for(lennon, hendrix, liked):
    assert notify([lennon, hendrix], liked) == 1
    assert recipients(liked) == ["hendrix"]
    assert notify([lennon], liked, to_self=True) == 1


def test_a_private_action_is_seen_by_those_whom_the_site_tells(lennon, hendrix):
    ringo, bob = users("ringo", "bob")
    private = action.send(lennon, "messaged", hendrix, public=False)
    assert not Action.objects.visible_to(ringo)
    assert notify([ringo, hendrix, lennon], private) == 2
    assert recipients(private) == ["hendrix", "ringo"]
    for user in (ringo, hendrix, lennon):
        assert list(Action.objects.visible_to(user)) == [private]
    assert not Action.objects.visible_to(bob) | Action.objects.visible_to(None)
    NotificationFeed(ringo).delete(Notification.objects.get(recipient=ringo))
    assert not Action.objects.visible_to(ringo)


def test_what_is_muted_is_not_delivered(lennon, hendrix, liked):
    ringo, bob = users("ringo", "bob")
    mute(hendrix, verb="liked")
    mute(ringo, lennon)
    mute(bob, verb="loved")
    assert notify([hendrix, ringo, bob], liked) == 1
    assert recipients(liked) == ["bob"]
    check_counts()


def test_mutes_of_objects_of_any_kind(lennon, hendrix):
    song, studio = Song.objects.create(title="x"), Studio.objects.create(name="Abbey Road")
    played = action.send(lennon, "played", song)
    visited = action.send(lennon, "visited", studio)
    mute(hendrix, Song(pk=str(song.pk)))
    mute(hendrix, studio)
    assert notifications.is_muted(hendrix, Venue.objects.get())
    assert notify(hendrix, played) == notify(hendrix, visited) == 0
    assert notifications.unmute(hendrix, studio)
    assert not notifications.unmute(hendrix, studio)
    assert notify(hendrix, visited) == 1


def test_muting_again_changes_nothing(hendrix, lennon):
    assert mute(hendrix, verb="liked")
    assert not mute(hendrix, verb="liked")
    assert notifications.is_muted(hendrix, verb="liked")
    assert not notifications.is_muted(lennon, verb="liked")
    assert not notifications.is_muted(None, verb="liked")
    assert str(Mute.objects.get()) == "liked"


def test_delivery_takes_a_fixed_number_of_queries(lennon, liked, django_assert_num_queries):
    users(*(f"user {number}" for number in range(50)))
    everybody = User.objects.all()
    with django_assert_num_queries(4):  # one more to find them
        assert notify(everybody, liked) == 50
    for count in (50, 5):
        more = action.send(lennon, "liked", lennon)
        some = list(everybody.exclude(pk=lennon.pk)[:count])
        with django_assert_num_queries(3):
            assert notify(some, more) == count
    check_counts()


def test_recipients_come_in_chunks(lennon, liked, monkeypatch):
    monkeypatch.setattr("stream.notifications.recipients.RECIPIENTS_PER_TRANSACTION", 7)
    users(*(f"user {number}" for number in range(20)))
    assert notify(User.objects.all(), liked) == 20
    assert notify(list(User.objects.all()), action.send(lennon, "liked", lennon)) == 20
    check_counts()


@pytest.mark.parametrize("wanted", ["lennon", 5, Group, Band.objects.all])
def test_what_is_no_recipient_is_refused(liked, wanted):
    wanted = wanted() if callable(wanted) and wanted is not Group else wanted
    with pytest.raises(TypeError, match=r"^notify\("):
        notify(wanted, liked)
    with pytest.raises(TypeError, match="recipients are instances of auth.User"):
        notify([Group(pk=1)], liked)


def test_what_is_no_action_is_refused(hendrix):
    for wrong in (None, hendrix, Action()):
        with pytest.raises(TypeError, match="pass a saved action"):
            notify(hendrix, wrong)
    with pytest.raises(ValueError, match="is not saved"):
        notify(User(), action.send(hendrix, "slept"))


def test_deleted_action_reaches_nobody(hendrix, liked):
    gone = Action.objects.get(pk=liked.pk)
    liked.delete()
    assert notify(hendrix, gone) == 0


# The signal


@pytest.fixture
def told():
    calls = []

    def receive(**kwargs):
        calls.append(kwargs)

    signals.delivered.connect(receive)
    yield calls
    signals.delivered.disconnect(receive)


def test_the_signal_comes_after_the_commit(
    hendrix, liked, told, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            notify([hendrix], liked)
        assert told == []
    [call] = told
    assert (call["action"], call["count"], call["sender"]) == (liked, 1, Notification)
    assert [each.recipient for each in call["notifications"]] == [hendrix]


def test_what_a_channel_raises_is_logged(
    hendrix, liked, told, caplog, django_capture_on_commit_callbacks
):
    def fail(**kwargs):
        raise RuntimeError("no network")

    signals.delivered.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            notify(hendrix, liked)
    finally:
        signals.delivered.disconnect(fail)
    assert "failed on new notifications" in caplog.text
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_delivery_from_async_code(hendrix, liked):
    assert async_to_sync(anotify)(hendrix, liked) == 1


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="has no attribute 'notfy'"):
        _ = notifications.notfy
    assert all(getattr(notifications, name) for name in notifications.__all__)


def test_inboxes_are_named_for_their_users(hendrix, liked):
    notify(hendrix, liked)
    NotificationFeed(hendrix).mark_read_all()
    assert str(Inbox.objects.get()) == "hendrix"
    assert "lennon liked Cream" in str(Notification.objects.get())
