"""Rules, retention and digests."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone

from follow.models import Follow
from follow.utils import follow
from stream import signals
from stream.models import Action
from stream.notifications import (
    NotificationFeed,
    clear_notifications,
    notify,
    notify_on,
    unsubscribe,
)
from stream.notifications.grouping import check_group_by
from stream.notifications.models import Notification
from stream.notifications.rules import remove_rule
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.support.mails import digest_of, mails, wait_a_week
from tests.support.notifications import check_counts, users
from tests.testapp.models import Orchestra, Song, Stage, Studio, Tag, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule():
    """Add rules that the test leaves no trace of."""
    functions = []

    def add(*verbs, recipients, **options):
        functions.append(recipients)
        return notify_on(*verbs, **options)(recipients)

    yield add
    for function in functions:
        remove_rule(function)
    assert not signals.actions.has_listeners(Action)


def recipients():
    return sorted(Notification.objects.values_list("recipient__username", "action__verb"))


def test_nothing_listens_before_the_first_rule(lennon, django_assert_num_queries):
    assert not signals.actions.has_listeners(Action)
    with django_assert_num_queries(1):
        action.send(lennon, "slept")


def test_the_owner_of_the_target_is_told(lennon, hendrix, rule):
    rule("liked", "saw", recipients=lambda action: action.target)
    action.send(lennon, "liked", hendrix)
    action.send(lennon, "met", hendrix)
    action.send(hendrix, "saw", hendrix)  # never oneself
    action.send_many([{"actor": lennon, "verb": "saw", "target": hendrix}] * 2)
    assert recipients() == [("hendrix", "liked"), ("hendrix", "saw"), ("hendrix", "saw")]


def test_the_followers_of_the_target_are_told_once(lennon, hendrix, rule):
    song = Song.objects.create(title="Imagine")
    follow(hendrix, song)
    follow(lennon, song)

    def followers(action):
        return User.objects.filter(pk__in=Follow.objects.get_follows(action.target).values("user"))

    rule(target=[Song, "testapp.Studio"], recipients=followers)
    rule(target="testapp.Song", recipients=lambda action: hendrix)
    action.send(lennon, "opened", song)
    action.send(lennon, "used", Tag.objects.create(name="rock"))
    action.send(lennon, "slept")
    assert recipients() == [("hendrix", "opened")]


def test_a_rule_of_a_context_and_of_both(lennon, hendrix, rule):
    stage, song = Stage.objects.create(name="Marquee"), Song.objects.create(title="Imagine")
    rule("sang", context=Stage, recipients=lambda action: hendrix)
    rule("hummed", target=Song, context="testapp.Stage", recipients=lambda action: hendrix)
    action.send(lennon, "sang", song)
    action.send(lennon, "hummed", song)
    action.send(lennon, "hummed", context=stage)
    assert recipients() == []
    action.send(lennon, "sang", context=stage)
    action.send(lennon, "hummed", song, context=stage)
    assert sorted(recipients()) == [("hendrix", "hummed"), ("hendrix", "sang")]


def test_a_rule_on_a_child_holds_for_the_child_alone(lennon, hendrix, rule):
    rule(target=Studio, recipients=lambda action: hendrix)
    action.send(lennon, "visited", Venue.objects.create(name="Marquee"))
    assert recipients() == []


def test_rules_of_ones_own_actions(lennon, rule):
    rule("joined", to_self=True, recipients=lambda action: action.actor)
    action.send(lennon, "joined")
    assert recipients() == [("lennon", "joined")]


def test_a_rule_that_names_no_users_is_told(lennon, rule):
    def names(action):
        return ["hendrix"]

    rule("liked", recipients=names)
    with pytest.raises(
        TypeError, match=r"^the rule .*\.names: notify\('hendrix'\): recipients are"
    ):
        action.send(lennon, "liked")
    assert not Action.objects.exists()


def test_where_a_rule_raises_nothing_is_written(lennon, rule):
    rule("liked", recipients=lambda action: action.target.owner)
    with pytest.raises(AttributeError):
        action.send(lennon, "liked")
    assert not Action.objects.exists()


def test_a_decorator_without_brackets_is_refused():
    with pytest.raises(ImproperlyConfigured, match="call it to decorate"):

        @notify_on
        def owner(action):
            return None


# Retention


@pytest.fixture
def old(lennon, hendrix):
    """Ten notifications, of which eight are old, and of those four are read."""
    for _ in range(10):
        notify(hendrix, action.send(lennon, "met", hendrix))
    rows = list(Notification.objects.order_by("pk"))
    old = timezone.now() - dt.timedelta(days=100)
    Notification.objects.filter(pk__in=[row.pk for row in rows[:8]]).update(datetime=old)
    NotificationFeed(hendrix).mark_read(*rows[:4])
    return rows


@pytest.mark.parametrize("chunk", [3, 1000])
@pytest.mark.parametrize(("options", "left"), [({}, 2), ({"only": "read"}, 6)])
def test_old_ones_are_deleted_in_chunks(old, chunk, options, left, monkeypatch):
    monkeypatch.setattr("stream.notifications.retention.NOTIFICATIONS_PER_TRANSACTION", chunk)
    assert clear_notifications(90, **options) == 10 - left
    assert Notification.objects.count() == left
    check_counts()
    assert clear_notifications(90, **options) == 0


def test_the_command_tells_how_many(old, capsys):
    call_command("clear_notifications", days=90, only="read")
    assert capsys.readouterr().out == "Notifications deleted: 4.\n"
    call_command("clear_notifications", verbosity=0)
    assert capsys.readouterr().out == ""
    assert Notification.objects.count() == 2


def test_days_to_come_are_refused(db):
    for days in (-1, "90", float("nan")):
        with pytest.raises(
            ValueError, match=r"clear_notifications\(days=.*: write a number from 0"
        ):
            clear_notifications(days)


# Digests


@pytest.fixture
def reader(hendrix):
    hendrix.email = "hendrix@example.com"
    hendrix.save()
    return hendrix


def send():
    wait_a_week()
    with mails():
        call_command("send_notification_digest")


def test_digests_hold_what_is_unread_since_the_last_one(lennon, reader, capsys):
    band = Band.objects.create(name="<Cream>")
    notify(reader, action.send(lennon, "liked", band))
    send()
    assert capsys.readouterr().out == "Digests sent: 1.\n"
    send()
    [message] = mail.outbox
    assert message.to == ["hendrix@example.com"]
    assert message.subject == "lennon liked <Cream>"
    assert "Hello hendrix,\n\n* lennon liked <Cream>\n" in message.body
    assert "https://example.com/notifications/" in message.body
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    assert ">lennon liked &lt;Cream&gt;</a>" in html
    for _ in range(25):
        notify(reader, action.send(lennon, "saw", band))
    send()
    assert mail.outbox[1].subject == "25 new notifications"
    assert mail.outbox[1].body.count("lennon saw") == 20
    assert "and 5 more" in mail.outbox[1].body
    assert "liked" not in mail.outbox[1].body


def test_who_gets_no_digest(lennon, reader):
    silent, gone, done = users("silent", "gone", "done")
    for user in (gone, done):
        user.email = "x@example.com"
        user.save()
    notify([reader, silent, gone, done], action.send(lennon, "slept"))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    NotificationFeed(done).mark_read_all()
    with mails():
        unsubscribe(reader, "email")
    send()
    assert mail.outbox == []


def test_a_digest_has_nothing_that_is_hidden(lennon, reader):
    notify(reader, action.send(lennon, "slept"))
    with override_options(User, visible_to=lambda self, users, reader: users.none()):
        assert digest_of(reader) is None
    assert mail.outbox == []


def test_digests_in_the_language_of_the_user(lennon, reader, monkeypatch):
    notify(reader, action.send(lennon, "slept"))
    monkeypatch.setattr(User, "language", "de", raising=False)
    assert "Hallo hendrix," in digest_of(reader).body


# The setting


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (("verb", "colour"), "'colour' is nothing to group by"),
        ("no.such.path", "No module named 'no'"),
        ("django.conf.ENVIRONMENT_VARIABLE", "is no function"),
        (5, "must be an iterable"),
    ],
)
def test_the_setting_is_checked(settings, value, said):
    assert check_group_by() == []
    settings.STREAM_NOTIFICATION_GROUP_BY = value
    [error] = check_group_by()
    assert error.id == "stream_notifications.E001"
    assert said in error.msg


def test_orchestras_have_no_rules(lennon, hendrix, rule):
    rule(target=Orchestra, recipients=lambda action: hendrix)
    action.send(lennon, "liked", hendrix)
    assert recipients() == []
