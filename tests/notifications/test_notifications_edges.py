"""What is hidden, odd input, and mails that are refused."""

import smtplib

import django
import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import NotSupportedError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stream.arc.rules import NotRegistered
from stream.jobs.running import run_all
from stream.models import Action
from stream.notifications import NotificationFeed, is_muted, mute, notify, notify_on, unmute
from stream.notifications.models import Delivery, Digest, Notification
from stream.notifications.rules import check_rules, remove_rule
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.support.mails import digest_of, mails, wait_a_week
from tests.support.notifications import users
from tests.testapp.models import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def band():
    return Band.objects.create(name="Cream")


@pytest.fixture
def client(hendrix):
    client = Client()
    client.force_login(hendrix)
    return client


def url(name, *args):
    return reverse(f"stream_notifications:{name}", args=args)


@pytest.fixture
def hide():
    """Let actions have happened on a stage that is hidden from all."""
    stage = Stage.objects.create(name="hidden")

    def hide(actions):
        chosen = Action.objects.filter(pk__in=[each.pk for each in actions])
        chosen.update(context_stage=stage)

    with override_options(Stage, visible_to=lambda self, stages, reader: stages.none()):
        yield hide


# What is hidden


def test_groups_leave_out_what_is_hidden(lennon, hendrix, band, hide):
    fans = users("ringo", "bob", "mick", "keith", "brian", "pete")
    liked = [action.send(user, "liked", band) for user in [lennon, *fans]]
    for each in liked:
        notify(hendrix, each)
    hide(liked[1:])
    [group] = NotificationFeed(hendrix).groups()
    assert str(group) == "lennon liked Cream"
    assert (group.actor_count, group.action_count) == (1, 1)
    assert (group.unread_count, group.unseen_count) == (1, 1)
    assert [each.action for each in group.notifications] == liked[:1]


def test_groups_keep_private_actions_with_a_role_of_the_reader(lennon, hendrix):
    notify(hendrix, action.send(lennon, "met", hendrix, public=False))
    assert [group.action_count for group in NotificationFeed(hendrix).groups()] == [1]


def test_a_hidden_group_takes_no_place(lennon, hendrix, band, hide):
    sent = [action.send(lennon, verb, band) for verb in ("saw", "heard", "liked", "left")]
    for each in sent:
        notify(hendrix, each)
    hide(sent[1:3])
    feed = NotificationFeed(hendrix)
    first = feed.groups(1)
    assert [str(each) for each in first] == ["lennon left Cream"]
    second = feed.groups(1, after=first.next)
    assert [str(each) for each in second] == ["lennon saw Cream"]
    assert second.next is None
    assert [str(each) for each in feed.groups(1, before=second.previous)] == ["lennon left Cream"]


def test_a_digest_counts_what_may_be_seen(lennon, hendrix, band, hide):
    notify(hendrix, action.send(lennon, "liked", band))
    hidden = [action.send(lennon, "saw", band) for _ in range(20)]
    for each in hidden:
        notify(hendrix, each)
    hide(hidden)
    message = digest_of(hendrix)
    assert message.subject == "lennon liked Cream"
    assert "* lennon liked Cream" in message.body
    assert "more" not in message.body


# Mails that are refused


class RefusingBackend(EmailBackend):
    """A server that knows no user "ringo"."""

    def send_messages(self, messages):
        if any("ringo" in each.to[0] for each in messages):
            raise smtplib.SMTPRecipientsRefused({"ringo@example.com": (550, b"unknown")})
        if any("limit" in each.to[0] for each in messages):
            raise KeyError("what a backend of a mail service raises")
        return super().send_messages(messages)


@pytest.fixture
def refusing(settings):
    path = f"{__name__}.RefusingBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": path}}
    else:
        settings.EMAIL_BACKEND = path


@pytest.mark.parametrize(
    "address", ["ringo@example.com", "limit@example.com", "x@example.com\nBcc: y@example.com"]
)
def test_a_mail_that_is_refused_does_not_stop_the_others(lennon, refusing, caplog, address):
    first, bad, last = users("a", "bad", "z")
    for user in (first, bad, last):
        user.email = address if user is bad else f"{user.username}@example.com"
        user.save()
    notify([first, bad, last], action.send(lennon, "slept"))
    wait_a_week()
    with mails(), pytest.raises(CommandError, match=r"^Digests sent: 2; failed: 1\.$"):
        call_command("send_notification_digest")
    assert [each.to for each in mail.outbox] == [["a@example.com"], ["z@example.com"]]
    assert f"the digest of user {bad.pk} was not sent" in caplog.text
    done = Digest.objects.filter(up_to__gt=0).values_list("user", flat=True)
    assert sorted(done) == sorted([first.pk, last.pk])
    User.objects.filter(pk=bad.pk).update(email="good@example.com")
    failed = Delivery.objects.exclude(state="sent")
    failed.update(state="waiting", due_at=timezone.now())  # as the admin does
    with mails():
        assert run_all(Delivery) == (1, 0)
    assert mail.outbox[2].to == ["good@example.com"]


@pytest.mark.parametrize("name", ["language", "get_username", "time_zone"])
def test_what_a_user_model_raises_does_not_stop_the_digests_of_others(
    lennon, monkeypatch, caplog, name
):
    first, bad, last = users("a", "bad", "z")
    for user in (first, bad, last):
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.com")
    notify([first, bad, last], action.send(lennon, "slept"))

    def fail(user):
        if user.pk == bad.pk:
            raise RuntimeError("broken")
        return user.username

    is_method = name == "get_username"
    monkeypatch.setattr(
        User, name, fail if is_method else property(fail, lambda *_: None), raising=False
    )
    wait_a_week()
    with mails(), pytest.raises(CommandError, match=r"^Digests sent: 2; failed: 1\.$"):
        call_command("send_notification_digest")
    assert [each.to for each in mail.outbox] == [["a@example.com"], ["z@example.com"]]
    assert f"the digest of user {bad.pk} was not sent" in caplog.text
    monkeypatch.undo()
    with mails():
        assert run_all(Delivery) == (1, 0)
    assert [each.to for each in mail.outbox[2:]] == [["bad@example.com"]]


@pytest.mark.parametrize("language", ["xx", "no such", "../..", "d" * 1000, 5])
def test_a_digest_in_a_language_that_there_is_not(lennon, hendrix, monkeypatch, language):
    notify(hendrix, action.send(lennon, "slept"))
    monkeypatch.setattr(User, "language", language, raising=False)
    assert digest_of(hendrix).subject == "lennon slept"


@pytest.mark.parametrize("end", ["\n\n", "\r", "\x0b", "\x1d", "\x85", "\u2028", "\u2029"])
def test_nobody_writes_lines_into_the_digest_of_another(lennon, hendrix, end):
    notify(hendrix, action.send(lennon, "slept"))
    lines = digest_of(hendrix).body.splitlines()
    Action.objects.all().delete()
    text = f"x{end}Your account is closed.{end}"
    band = Band.objects.create(name=text)
    User.objects.filter(pk=lennon.pk).update(username=text)
    User.objects.filter(pk=hendrix.pk).update(username=f"h{end}{end}")
    lennon.refresh_from_db()
    notify(hendrix, action.send(lennon, text, band, band, description=text))
    message = digest_of(hendrix)
    assert len(message.body.splitlines()) == len(lines)
    assert len(message.subject.splitlines()) == 1
    assert message.body.count("x Your account is closed.") == 4


def test_days_to_come_are_refused_by_the_command():
    with pytest.raises(CommandError, match=r"days=-1.0\): write a number from 0 on"):
        call_command("clear_notifications", days=-1.0)


# Pages


def test_opening_a_group_marks_all_of_it(lennon, hendrix, band, client):
    for user in [lennon, *users("ringo")]:
        notify(hendrix, action.send(user, "liked", band))
    notify(hendrix, action.send(lennon, "saw", band))
    group = NotificationFeed(hendrix).groups()[1]
    link = f"{url('open', group.notifications[0].pk)}?group"
    assert f'href="{link}"' in client.get(url("list")).content.decode()
    assert "?group" not in client.get(url("list"), {"single": ""}).content.decode()
    assert client.get(link).status_code == 302
    assert NotificationFeed(hendrix).unread_count == 1


@pytest.mark.parametrize("name", ["seen", "read", "delete"])
def test_odd_numbers_are_not_found(lennon, hendrix, band, client, name):
    notify(hendrix, action.send(lennon, "liked", band))
    row = Notification.objects.get()
    for wrong in ({"id": row.pk, "group": row.group}, {"id": "0" * 5000}, {"group": "1" * 5000}):
        assert client.post(url(name), wrong).status_code == 404
    assert NotificationFeed(hendrix).unseen_count == 1


def test_the_list_posts_that_it_was_seen(lennon, hendrix, band, client):
    notify(hendrix, action.send(lennon, "liked", band))
    html = client.get(url("list")).content.decode()
    assert f'<form hx-post="{url("seen")}" hx-trigger="load"' in html
    client.post(url("seen"), headers={"HX-Request": "true"})
    assert "hx-post" not in client.get(url("list")).content.decode()


# Calls


def test_querysets_of_values_are_refused(lennon):
    slept = action.send(lennon, "slept")
    for wrong in (User.objects.values("pk"), User.objects.values_list("pk", flat=True)):
        with pytest.raises(TypeError, match=r"leave out values\(\) and values_list\(\)"):
            notify(wrong, slept)


def test_querysets_that_are_distinct_on_a_field(lennon, monkeypatch):
    monkeypatch.setattr("stream.notifications.recipients.RECIPIENTS_PER_TRANSACTION", 2)
    users("a", "b", "c", "d", "e")
    slept = action.send(lennon, "slept")
    one_each = User.objects.exclude(pk=lennon.pk).order_by("username").distinct("username")
    if connection.features.can_distinct_on_fields:
        assert notify(one_each, slept) == 5
    else:
        with pytest.raises(NotSupportedError):
            notify(one_each, slept)


@pytest.mark.parametrize("wrong", [5, None, User(), "Post", int, ["auth.User", 5]])
def test_rules_on_what_is_no_model_are_refused(wrong):
    with pytest.raises(ImproperlyConfigured, match=r"notify_on\(target=.*this is no model"):
        notify_on(target=wrong)


def test_rules_on_unknown_models_are_found_by_a_check():
    def nobody(action):
        return None

    assert check_rules() == []
    notify_on(target=["auth.User", User, "blog.Pots"])(nobody)
    try:
        [error] = check_rules()
    finally:
        remove_rule(nobody)
    assert error.id == "stream_notifications.E002"
    assert "'blog.Pots'" in error.msg
    assert "nobody" in error.msg


@pytest.mark.parametrize("name", ["mark_read", "mark_seen", "delete"])
def test_lists_are_to_be_unpacked(hendrix, name):
    method = getattr(NotificationFeed(hendrix), name)
    for wrong in ([1, 2], {1, 2}):
        with pytest.raises(TypeError, match=rf"unpack it: {name}\(\*notifications\)"):
            method(wrong)


def test_deleting_nothing_advises_what_there_is(hendrix):
    with pytest.raises(TypeError, match=r"^delete\(\): pass notifications or group=…$"):
        NotificationFeed(hendrix).delete()


def test_odd_mutes_are_refused(hendrix, client):
    permission = Permission.objects.first()
    with pytest.raises(NotRegistered, match=r"mute\(auth.Permission .*register its model"):
        mute(hendrix, permission)
    assert (is_muted(hendrix, permission), unmute(hendrix, permission)) == (False, False)
    with pytest.raises(ValueError, match="1 to 255 characters"):
        mute(hendrix, verb="  ")
    assert client.post(url("mute"), {"verb": "  "}).status_code == 404
