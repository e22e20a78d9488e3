"""Kinds, preferences, channels and the outbox of deliveries."""

import datetime as dt
import re
from functools import partial

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from stream.jobs import running
from stream.jobs.models import GiveUpError
from stream.jobs.running import overdue_jobs, run_all
from stream.notifications import (
    NotificationFeed,
    clear_notifications,
    is_muted,
    mute,
    notify,
    notify_many,
    preferences_of,
    set_preference,
    unmute,
    unsubscribe,
)
from stream.notifications.channels import Channel, EmailChannel
from stream.notifications.channels.conf import channels, check_channels
from stream.notifications.digests import last_time, send_digests
from stream.notifications.kinds import ALL, Frequency, kind_of, kinds
from stream.notifications.models import Delivery, Digest, Notification, Preference
from stream.notifications.site import unsubscribe_url
from stream.utils import action
from tests.early.models import Band
from tests.support.mails import MAIL, mails, wait_a_week
from tests.support.notifications import users

pytestmark = pytest.mark.django_db


class Radio(Channel):
    """Says things aloud, and remembers what."""

    label = "Radio"
    said = []
    fails = ()
    batteries = 2

    def send(self, delivery, notification):
        if delivery.recipient.username in self.fails:
            raise ConnectionError("no signal")
        self.said.append((delivery.recipient.username, notification.action.verb))


@pytest.fixture
def radio(settings, monkeypatch):
    monkeypatch.setattr(Radio, "said", [])
    settings.STREAM_CHANNELS = {"radio": f"{__name__}.Radio"}
    return Radio


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


# Kinds and reasons

KINDS = {
    "mention": "Mentions",
    "followers": {"label": "News", "reason": "because you follow {target}"},
}


def test_a_notification_says_why_it_came(settings, lennon, hendrix):
    settings.STREAM_NOTIFICATION_KINDS = KINDS
    band = Band.objects.create(name="Cream")
    notify(hendrix, action.send(lennon, "praised", band), kind="followers")
    notify(hendrix, action.send(lennon, "praised", band), kind="mention")
    notify(hendrix, action.send(lennon, "praised", band))
    feed = NotificationFeed(hendrix)
    assert [each.reason for each in feed.page()] == ["", "", "because you follow Cream"]
    assert feed.groups(5).rows[0].reason == ""


def test_a_reason_that_names_what_is_not_there_is_none(settings, lennon, hendrix):
    settings.STREAM_NOTIFICATION_KINDS = KINDS
    notify(hendrix, action.send(lennon, "slept"), kind="followers")
    assert NotificationFeed(hendrix).page().rows[0].reason == ""


def test_a_kind_without_a_label_is_called_by_its_name():
    assert str(kind_of("new_release")) == "New release"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "STREAM_NOTIFICATION_KINDS = []: write a dict of kinds."),
        ({"*": "All"}, "a kind is named by a text of up to 100 characters"),
        ({"x": 1}, "write a label, or a dict of 'label', 'reason' and 'channels'"),
        ({"x": {"lable": ""}}, "write a label, or a dict of 'label', 'reason' and 'channels'"),
        ({"x": {"channels": {"email": "often"}}}, "'channels' are frequencies, of now, daily"),
        ({"x": {"reason": "{what}"}}, "the places of a reason are {actor}, {target}"),
        ({"x": {"reason": "{"}}, "the places of a reason are"),
        ({"x": {"reason": "{actor!s}"}}, "the places of a reason are"),
        ({"x": {"channels": {"m": ["now"]}}}, "'channels' are frequencies"),
    ],
)
def test_wrong_kinds_are_told(settings, given, said):
    settings.STREAM_NOTIFICATION_KINDS = given
    with pytest.raises(ImproperlyConfigured) as error:
        kinds()
    assert said in str(error.value)
    assert [each.id for each in check_channels()] == ["stream_notifications.E004"]


def test_kinds_that_name_no_channel_are_told(settings):
    settings.STREAM_NOTIFICATION_KINDS = {"x": {"channels": {"pigeon": "now"}}}
    [error] = check_channels()
    assert error.msg == "STREAM_NOTIFICATION_KINDS['x']: STREAM_CHANNELS has no channel 'pigeon'."


# Muted kinds


@pytest.mark.parametrize("many", [True, False])
def test_a_muted_kind_holds_back_in_the_statement_of_the_delivery(lennon, hendrix, many):
    mute(hendrix, kind="mention")
    [other] = users("other")
    sent = [action.send(lennon, "slept") for _ in range(2)]
    if many:
        assert notify_many([([hendrix, other], each) for each in sent], kind="mention") == 2
        assert notify_many([(hendrix, each) for each in sent], kind="else") == 2
    else:
        assert notify([hendrix, other], sent[0], kind="mention") == 1
        assert notify(hendrix, sent[0], kind="else") == 1
    assert is_muted(hendrix, kind="mention")
    assert unmute(hendrix, kind="mention")
    assert notify(hendrix, action.send(lennon, "woke"), kind="mention") == 1


def test_what_has_no_kind_cannot_be_muted_by_it(hendrix):
    with pytest.raises(ValueError, match=r"mute\(kind=''\)"):
        mute(hendrix, kind="")


# Preferences


def test_what_holds_is_the_users_choice_or_the_sites(settings, radio, hendrix):
    settings.STREAM_NOTIFICATION_KINDS = {"a": {"channels": {"radio": "never"}}, "b": "B"}
    held = preferences_of(hendrix)
    assert {kind: each["radio"] for kind, each in held.items() if kind in ("a", "b", ALL)} == {
        "a": "never",
        "b": "now",
        ALL: "now",
    }
    set_preference(hendrix, "a", "radio", "now")
    set_preference(hendrix, ALL, "radio", "never")
    mute(hendrix, kind="b")
    held = preferences_of(hendrix)
    assert (held["a"]["radio"], held["b"]["radio"], held["b"]["list"]) == ("now", "never", "never")


def test_the_choice_is_read_in_the_statement_that_finds_whom_to_tell(
    settings, radio, lennon, commits
):
    settings.STREAM_NOTIFICATION_KINDS = {"quiet": {"channels": {"radio": "never"}}}
    default, loud, silent = users("default", "loud", "silent")
    set_preference(loud, "quiet", "radio", "now")
    set_preference(silent, ALL, "radio", "never")
    people = [default, loud, silent]
    with commits():
        notify(people, action.send(lennon, "whispered"), kind="quiet")
    with commits():
        notify_many([(people, action.send(lennon, "sang"))], kind="other")
    assert radio.said == [("loud", "whispered"), ("default", "sang"), ("loud", "sang")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x" * 101, "radio", "now"), "a kind is a text of up to 100 characters"),
        (
            ("x", "pigeon", "now"),
            r"set_preference\(channel='pigeon'\): STREAM_CHANNELS has 'radio'",
        ),
        (("x", "radio", "daily"), r"set_preference\(frequency='daily'\): radio has now, never"),
    ],
)
def test_wrong_preferences_are_refused(radio, hendrix, arguments, said):
    with pytest.raises(ValueError, match=said):
        set_preference(hendrix, *arguments)


def test_nobody_has_no_preferences():
    for call in (preferences_of, lambda user: set_preference(user, "x", "radio", "now")):
        with pytest.raises(TypeError, match="nobody is signed in"):
            call(None)


def test_many_actions_are_told_by_few_queries(radio, lennon, django_assert_max_num_queries):
    people = users("a", "b")
    sent = [action.send(lennon, "sang") for _ in range(20)]
    with django_assert_max_num_queries(10):
        notify_many([(people, each) for each in sent])
    assert Delivery.objects.count() == 40


# Settings of channels


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "STREAM_CHANNELS = []: write a dict of channels."),
        ({"list": "x"}, "a channel is named by a text of up to 50 characters, other than 'list'"),
        ({"x": {}}, "write the path of a channel, or a dict of 'BACKEND', 'FREQUENCY'"),
        ({"x": "stream.models.Action"}, "name a subclass of stream.notifications.channels.Channel"),
        (
            {"x": {"BACKEND": f"{__name__}.Radio", "FREQUENCY": "daily"}},
            "STREAM_CHANNELS['x']['FREQUENCY'] = 'daily': choose one of now, never.",
        ),
        (
            {"x": {"BACKEND": f"{__name__}.Radio", "OPTIONS": {"batery": 1}}},
            "STREAM_CHANNELS['x']['OPTIONS']['batery']: Radio has no such option.",
        ),
    ],
)
def test_wrong_channels_are_told(settings, given, said):
    settings.STREAM_CHANNELS = given
    with pytest.raises(ImproperlyConfigured) as error:
        channels()
    assert said in str(error.value)
    assert [each.id for each in check_channels()] == ["stream_notifications.E003"]


def test_options_go_to_the_channel(settings):
    settings.STREAM_CHANNELS = {"x": {"BACKEND": f"{__name__}.Radio", "OPTIONS": {"batteries": 4}}}
    assert channels()["x"].batteries == 4


def test_mails_need_the_address_of_the_site(urls_without_notifications):
    with mails(), override_settings(STREAM_SITE_URL="example.com"):
        found = [each.id for each in check_channels()]
    assert found == ["stream_notifications.E005", "stream_notifications.E006"]


@pytest.fixture
def urls_without_notifications(settings):
    settings.ROOT_URLCONF = "tests.support.urls_without_pages"


# The outbox


def test_what_fails_for_one_is_told_to_the_others_and_tried_again(
    radio, lennon, commits, monkeypatch
):
    people = users("a", "b", "c")
    monkeypatch.setattr(Radio, "fails", ("b",))
    with commits():
        notify(people, action.send(lennon, "sang"))
    assert radio.said == [("a", "sang"), ("c", "sang")]
    failed = Delivery.objects.get(state=Delivery.State.WAITING)
    assert (failed.attempts, failed.error) == (1, "ConnectionError: no signal")
    assert failed.due_at > timezone.now() + dt.timedelta(minutes=4)
    monkeypatch.setattr(Radio, "fails", ())
    assert run_all(Delivery) == (1, 0)
    assert radio.said[2:] == [("b", "sang")]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_after_some_attempts_it_is_given_up(radio, lennon, hendrix, monkeypatch):
    monkeypatch.setattr(Radio, "fails", ("hendrix",))
    notify(hendrix, action.send(lennon, "sang"))
    for _ in range(Delivery.attempts_at_most):
        run_all(Delivery)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.due_at) == ("failed", 8, None)
    assert run_all(Delivery) == (0, 0)


def test_a_channel_can_give_up_at_once(radio, lennon, hendrix, monkeypatch):
    def send(self, delivery, notification):
        raise GiveUpError("gone")

    monkeypatch.setattr(Radio, "send", send)
    notify(hendrix, action.send(lennon, "sang"))
    run_all(Delivery)
    assert Delivery.objects.get().state == "failed"


class Deaf(Radio):
    frequencies = tuple(Frequency)

    def reach(self, notifications):
        raise KeyError("reach")


def test_a_channel_that_cannot_say_whom_it_reaches_stops_no_other(
    radio, settings, lennon, hendrix, commits, caplog
):
    deaf = {"deaf": f"{__name__}.Deaf"}
    settings.STREAM_CHANNELS = deaf | settings.STREAM_CHANNELS
    with commits():
        assert notify(hendrix, action.send(lennon, "sang")) == 1
    assert radio.said == [("hendrix", "sang")]
    assert "the channel 'deaf' tells nothing" in caplog.text
    digest = {"BACKEND": MAIL, "FREQUENCY": "daily"}
    settings.STREAM_CHANNELS = deaf | {"email": digest}
    hendrix.email = "hendrix@example.com"
    hendrix.save()
    assert send_digests(now=timezone.now() + dt.timedelta(days=2)) == (1, 2)
    assert "the channel 'deaf' sends no daily digests" in caplog.text


def test_a_process_tells_only_some_of_many(radio, lennon, commits):
    people = User.objects.bulk_create(User(username=f"u{number}") for number in range(30))
    with commits():
        notify(people, action.send(lennon, "sang"))
    assert len(radio.said) == Delivery.in_process_at_most
    assert run_all(Delivery) == (10, 0)
    assert len({name for name, _ in radio.said}) == 30


def change(what, user):
    notifications = NotificationFeed(user)
    match what:
        case "read":
            notifications.mark_read_all()
        case "archived":
            notifications.archive(*notifications.page())
        case "hidden":
            Notification.objects.get().action.actor.delete()
        case "unsubscribed":
            unsubscribe(user, "radio")
        case "left":
            User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("what", ["read", "archived", "hidden", "unsubscribed", "left"])
def test_what_is_not_wanted_any_more_is_not_told(radio, lennon, hendrix, what):
    notify(hendrix, action.send(lennon, "sang"))
    change(what, hendrix)
    run_all(Delivery)
    assert radio.said == []
    assert not overdue_jobs(Delivery).exists()
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"skipped"}


def test_a_channel_that_is_taken_out_fails_what_waits(radio, settings, lennon, hendrix):
    notify(hendrix, action.send(lennon, "sang"))
    settings.STREAM_CHANNELS = {}
    run_all(Delivery)
    assert Delivery.objects.get().error == "GiveUpError: STREAM_CHANNELS has no 'radio' any more"


def test_without_channels_nothing_is_written_and_nothing_asked(
    lennon, hendrix, django_assert_max_num_queries
):
    sent = action.send(lennon, "sang")
    with django_assert_max_num_queries(5):  # three, and a savepoint
        notify(hendrix, sent)
    assert not Delivery.objects.exists()


def test_the_log_is_cleared_with_notifications(radio, lennon, hendrix):
    notify(hendrix, action.send(lennon, "sang"))
    run_all(Delivery)
    Delivery.objects.update(ended_at=timezone.now() - dt.timedelta(days=9))
    clear_notifications(8)
    assert not Delivery.objects.exists()


def test_deliveries_go_with_their_notification_and_recipient(radio, lennon):
    one, other = users("one", "other")
    notify([one, other], action.send(lennon, "sang"))
    Notification.objects.filter(recipient=one).delete()
    other.delete()
    assert not Delivery.objects.exists()


def test_the_admin_shows_the_log_and_tries_again(radio, lennon, hendrix, admin_client):
    notify(hendrix, action.send(lennon, "sang"))
    Delivery.objects.update(state="failed", due_at=None, error="ValueError: x", attempts=8)
    url = "/admin/stream_notifications/delivery/"
    assert "ValueError: x" in admin_client.get(url).content.decode()
    data = {"action": "try_again", "_selected_action": [Delivery.objects.get().pk]}
    assert admin_client.post(url, data).status_code == 302
    assert run_all(Delivery) == (1, 0)
    assert radio.said == [("hendrix", "sang")]


def test_who_may_only_look_tries_nothing_again(radio, lennon, hendrix, client):
    notify(hendrix, action.send(lennon, "sang"))
    Delivery.objects.update(state="failed", due_at=None, attempts=8)
    staff = User.objects.create(username="staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(staff)
    data = {"action": "try_again", "_selected_action": [Delivery.objects.get().pk]}
    page = client.post("/admin/stream_notifications/delivery/", data, follow=True)
    assert "try_again" not in page.content.decode()
    assert Delivery.objects.get().state == "failed"


# E-mail


@pytest.fixture
def reader(hendrix):
    User.objects.filter(pk=hendrix.pk).update(email="hendrix@example.com")
    hendrix.refresh_from_db()
    return hendrix


@pytest.fixture
def now(settings):
    settings.STREAM_CHANNELS = {"email": {"BACKEND": MAIL, "FREQUENCY": "now"}}
    settings.STREAM_SITE_URL = "https://example.com"


def test_a_mail_at_once_says_what_why_and_how_to_end_it(settings, now, reader, lennon, commits):
    settings.STREAM_NOTIFICATION_KINDS = KINDS
    band = Band.objects.create(name="<Cream>")
    with commits():
        notify(reader, action.send(lennon, "praised", band), kind="followers")
    [message] = mail.outbox
    pk = Notification.objects.get().pk
    assert message.subject == "lennon praised <Cream>"
    assert "* lennon praised <Cream> (because you follow <Cream>)\n" in message.body
    assert f"https://example.com/notifications/{pk}/" in message.body
    assert "https://example.com/notifications/preferences/" in message.body
    html = message.alternatives[0][0]
    assert "because you follow &lt;Cream&gt;" in html
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [url] = re.findall(r"^<(.+)>$", message.extra_headers["List-Unsubscribe"])
    assert url in message.body
    assert url.startswith("https://example.com/notifications/unsubscribe/")


def test_one_click_ends_the_kind_without_signing_in(now, reader, lennon, commits):
    path = unsubscribe_url(reader.pk, "email", "mention").removeprefix("https://example.com")
    client = Client(enforce_csrf_checks=True)
    page = client.get(path)
    assert page.status_code == 200
    assert not Preference.objects.exists()  # a GET changes nothing
    done = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert "Done: you will get no more of it." in done.content.decode()
    with commits():
        notify(reader, action.send(lennon, "sang"), kind="mention")
        notify(reader, action.send(lennon, "danced"), kind="other")
    assert [each.subject for each in mail.outbox] == ["lennon danced"]
    client.post(path, {"all": "1"})
    with commits():
        notify(reader, action.send(lennon, "wept"), kind="other")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "change", [lambda path: path[:-3] + "xx/", lambda path: "/notifications/unsubscribe/x/"]
)
def test_who_forges_an_address_ends_nothing(now, reader, client, change):
    path = unsubscribe_url(reader.pk, "email", ALL).removeprefix("https://example.com")
    assert client.post(change(path)).status_code == 404
    reader.delete()
    assert client.post(path).status_code == 404


def test_a_digest_comes_at_eight_in_the_users_time_zone(reader, lennon, monkeypatch):
    monkeypatch.setattr(User, "time_zone", "Asia/Tokyo", raising=False)
    midnight = timezone.now().astimezone(dt.UTC).replace(hour=0, minute=0)  # nine in Tokyo
    notify(reader, action.send(lennon, "sang"))
    Notification.objects.update(datetime=midnight - dt.timedelta(hours=2))
    with mails("daily"):
        assert send_digests(now=midnight - dt.timedelta(minutes=61)) == (0, 0)
        assert send_digests(now=midnight - dt.timedelta(minutes=59)) == (1, 0)
        assert send_digests(now=midnight) == (0, 0)
    assert Digest.objects.get().up_to == Notification.objects.get().pk


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        ("2026-03-04T07:59", "2026-03-03T08:00", "2026-03-02T08:00"),
        ("2026-03-04T08:00", "2026-03-04T08:00", "2026-03-02T08:00"),
        ("2026-03-02T07:00", "2026-03-01T08:00", "2026-02-23T08:00"),
    ],
)
def test_the_last_time_of_a_digest(reader, now, daily, weekly, monkeypatch):
    monkeypatch.setattr(User, "time_zone", "UTC", raising=False)

    def at(text):
        return dt.datetime.fromisoformat(f"{text}+00:00")

    assert last_time(reader, Frequency.DAILY, at(now)) == at(daily)
    assert last_time(reader, Frequency.WEEKLY, at(now)) == at(weekly)


def test_daily_and_weekly_digests_have_what_was_chosen_for_each(reader, lennon):
    notify(reader, action.send(lennon, "sang"), kind="songs")
    notify(reader, action.send(lennon, "slept"), kind="rests")
    wait_a_week()
    with mails("daily"):
        set_preference(reader, "rests", "email", "weekly")
        assert send_digests() == (2, 0)
    assert ["sang" in each.body for each in mail.outbox] == [True, False]
    assert ["slept" in each.body for each in mail.outbox] == [False, True]


def test_the_first_digest_tells_nothing_that_is_long_past(reader, lennon):
    notify(reader, action.send(lennon, "sang"))
    Notification.objects.update(datetime=timezone.now() - dt.timedelta(days=15))
    with mails():
        assert send_digests() == (0, 0)
        notify(reader, action.send(lennon, "slept"))
        new = Notification.objects.order_by("-pk")[:1].values("pk")
        week = timezone.now() - dt.timedelta(days=7)
        Notification.objects.filter(pk=new[0]["pk"]).update(datetime=week)
        assert send_digests() == (1, 0)
    assert [each.subject for each in mail.outbox] == ["lennon slept"]


def test_digests_need_a_channel(settings):
    with pytest.raises(CommandError, match="No channel has digests: write STREAM_CHANNELS"):
        call_command("send_notification_digest")


# Pages and API


KINDS_SHOWN = "Mentions", "News", "Everything else", "Cream"


def test_the_page_of_preferences(settings, now, reader, client):
    settings.STREAM_NOTIFICATION_KINDS = KINDS
    client.force_login(reader)
    band = Band.objects.create(name="Cream")
    action.send(reader, "praised", band)  # so that the reader may know of it
    mute(reader, band)
    url = "/notifications/preferences/"
    html = client.get(url).content.decode()
    assert [each for each in KINDS_SHOWN if each not in html] == []
    answer = client.post(url, {"list:followers": "now", "email:followers": "weekly"})
    assert answer.status_code == 302
    held = preferences_of(reader)
    assert (held["mention"]["list"], held["followers"]["list"]) == ("never", "now")
    assert (held["followers"]["email"], held["mention"]["email"]) == ("weekly", "now")
    client.post(url, {"list:mention": "now", "list:followers": "now", "email:mention": "often"})
    held = preferences_of(reader)
    assert (held["mention"]["list"], held["mention"]["email"]) == ("now", "now")


def test_the_page_of_preferences_is_for_who_is_signed_in(client):
    assert client.get("/notifications/preferences/").status_code == 302


def test_each_row_can_be_muted_at_once(settings, reader, lennon, client):
    settings.STREAM_NOTIFICATION_KINDS = KINDS
    client.force_login(reader)
    band = Band.objects.create(name="Cream")
    notify(reader, action.send(lennon, "praised", band), kind="followers")
    html = client.get("/notifications/?single").content.decode()
    for each in ("because you follow Cream", "Mute Cream", "Mute lennon", "Mute “praised”"):
        assert each in html
    client.post("/notifications/mute/", {"kind": "followers"})
    assert is_muted(reader, kind="followers")
    client.post("/notifications/unmute/", {"kind": "followers"})
    assert not is_muted(reader, kind="followers")
    assert client.post("/notifications/mute/", {"kind": "x" * 101}).status_code == 404


def test_preferences_by_the_api(settings, now, reader):
    settings.STREAM_NOTIFICATION_KINDS = {"mention": "Mentions"}
    api, url = APIClient(), "/api/notifications/preferences/"
    assert api.get(url).status_code in (401, 403)
    api.force_authenticate(reader)
    rows = api.get(url).json()
    assert {"kind": "mention", "label": "Mentions", "channel": "email", "frequency": "now"} in rows
    chosen = {"kind": "mention", "channel": "email", "frequency": "daily"}
    assert api.post(url, chosen, format="json").status_code == 200
    assert preferences_of(reader)["mention"]["email"] == "daily"
    for frequency, is_held in (("never", True), ("now", False)):
        api.post(url, {"kind": "mention", "channel": "list", "frequency": frequency}, format="json")
        assert is_muted(reader, kind="mention") is is_held
    for wrong in (
        {**chosen, "kind": "other"},
        {**chosen, "channel": "radio"},
        {**chosen, "channel": "list"},
    ):
        assert api.post(url, wrong, format="json").status_code == 400


# Two workers, and workers that are killed


class Hooked(Radio):
    """Does something while it is telling."""

    hook = None

    def send(self, delivery, notification):
        super().send(delivery, notification)
        hook, Hooked.hook = Hooked.hook, None
        if hook:
            hook()


@pytest.fixture
def hooked(settings, monkeypatch):
    monkeypatch.setattr(Radio, "said", [])
    monkeypatch.setattr(Hooked, "hook", None)
    settings.STREAM_CHANNELS = {"radio": f"{__name__}.Hooked"}
    return Hooked


def let_all_be_due():
    waiting = Delivery.objects.filter(due_at__isnull=False)
    waiting.update(due_at=timezone.now() - dt.timedelta(minutes=1))


def test_what_another_has_done_meanwhile_is_not_done_again(hooked, lennon, monkeypatch):
    monkeypatch.setattr(running, "JOBS_AT_ONCE", 1)
    notify(users("a", "b"), action.send(lennon, "sang"))
    let_all_be_due()
    hooked.hook = partial(running.resume_jobs, Delivery)
    running.resume_jobs(Delivery)
    assert hooked.said == [("a", "sang"), ("b", "sang")]


def test_a_late_failure_does_not_revive_what_another_has_finished(hooked, lennon, hendrix):
    notify(hendrix, action.send(lennon, "sang"))

    def hang():
        let_all_be_due()
        run_all(Delivery)  # by another worker, after the lease
        raise ConnectionError("late")

    hooked.hook = hang
    with pytest.raises(ConnectionError):
        running.run_job(Delivery, Delivery.objects.get().pk)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.due_at, delivery.attempts) == ("sent", None, 1)


def test_attempts_of_killed_workers_count(radio, lennon, hendrix, monkeypatch):
    def die(self, delivery, notification):
        self.said.append("")
        raise SystemExit

    monkeypatch.setattr(Radio, "send", die)
    notify(hendrix, action.send(lennon, "sang"))
    for _ in range(Delivery.attempts_at_most):
        let_all_be_due()
        with pytest.raises(SystemExit):
            run_all(Delivery)
    let_all_be_due()
    assert run_all(Delivery) == (0, 0)
    assert (len(radio.said), Delivery.objects.get().state) == (8, "failed")


@pytest.mark.parametrize("text", ["a\0b", "a\udcffb"], ids=["nul", "surrogate"])
def test_errors_that_no_database_stores_are_noted(radio, lennon, hendrix, monkeypatch, text):
    def fail(self, delivery, notification):
        raise ConnectionError(text)

    monkeypatch.setattr(Radio, "send", fail)
    notify(hendrix, action.send(lennon, "sang"))
    delivery = Delivery.objects.get()
    with pytest.raises(ConnectionError):  # run_all would log it
        running.run_job(Delivery, delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.error[:16]) == (1, "ConnectionError:")


def test_two_runs_at_once_send_one_digest(reader, lennon, monkeypatch):
    notify(reader, action.send(lennon, "sang"))
    wait_a_week()
    first, second = (
        Delivery.objects.create(channel="email", recipient=reader, frequency="daily")
        for _ in range(2)
    )
    send = EmailChannel._send

    def send_and_run(self, message):
        monkeypatch.setattr(EmailChannel, "_send", send)
        running.run_job(Delivery, second.pk)
        send(self, message)

    monkeypatch.setattr(EmailChannel, "_send", send_and_run)
    with mails():
        running.run_job(Delivery, first.pk)
    assert len(mail.outbox) == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["sent", "skipped"]


def test_a_digest_that_is_refused_is_not_begun_anew_each_hour(reader, lennon, monkeypatch):
    def refuse(self, message):
        raise GiveUpError("550")

    monkeypatch.setattr(EmailChannel, "_send", refuse)
    notify(reader, action.send(lennon, "sang"))
    wait_a_week()
    with mails():
        assert [send_digests() for _ in range(3)] == [(0, 1), (0, 0), (0, 0)]


def test_digests_where_times_have_no_zone(settings, reader, monkeypatch):
    settings.USE_TZ, settings.TIME_ZONE = False, "UTC"
    monkeypatch.setattr(User, "time_zone", "Asia/Tokyo", raising=False)
    nine_in_tokyo = dt.datetime(2026, 3, 4)
    assert last_time(reader, Frequency.DAILY, nine_in_tokyo) == dt.datetime(2026, 3, 3, 23)


def test_one_click_needs_no_login_where_all_views_do(settings, now, reader, client):
    login = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, login]
    path = unsubscribe_url(reader.pk, "email", "mention").removeprefix("https://example.com")
    assert client.post(path).status_code == 200


def test_a_default_that_the_channel_does_not_have_is_told(settings, radio):
    settings.STREAM_NOTIFICATION_KINDS = {"x": {"channels": {"radio": "daily"}}}
    [error] = check_channels()
    assert error.msg == "STREAM_NOTIFICATION_KINDS['x']: 'radio' has now, never alone."
