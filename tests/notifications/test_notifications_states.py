"""States back and forth: unread again, archived and restored, by one, many, groups and filters."""

import datetime as dt
from random import Random

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from stream.jobs.running import run_job
from stream.notifications import NotificationFeed, clear_notifications, notify
from stream.notifications.deliveries import Delivery
from stream.notifications.kinds import Frequency
from stream.notifications.models import Inbox, Notification
from stream.utils import action
from tests.early.models import Band
from tests.support.mails import mails
from tests.support.notifications import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def ten(lennon, hendrix):
    """The keys of ten notifications, oldest first."""
    band = Band.objects.create(name="Cream")
    for number in range(10):
        notify(hendrix, action.send(lennon, f"sang {number} to", band))
    return sorted(Notification.objects.values_list("pk", flat=True))


@pytest.fixture
def feed(ten, hendrix):
    return NotificationFeed(hendrix)


def states(feed):
    """Return the state of each notification, oldest first: unread, read or archived."""
    feed.refresh()
    rows = [*feed, *NotificationFeed(feed.user, archived=True)]
    rows.sort(key=lambda each: each.pk)
    letters = ["a" if each.is_archived else "r" if each.is_read else "u" for each in rows]
    assert all(each.is_seen for each in rows if each.is_read)
    unread = [each for each in rows if not each.is_read]
    assert feed.unread_count == feed.count_unread(50) == len(unread) == letters.count("u")
    assert feed.unseen_count == len([each for each in rows if not each.is_seen])
    assert Notification.objects.unread().count() == len(unread)
    assert set(NotificationFeed(feed.user, unread=True)) == set(unread)
    assert Notification.objects.archived().count() == letters.count("a")
    assert feed.count() == len(letters) - letters.count("a")
    return "".join(letters)


def test_unread_again_above_the_mark_and_below(feed, ten):
    feed.mark_read(ten[0], ten[9])
    assert feed.mark_unread(ten[9]) == 1
    assert states(feed) == "ruuuuuuuuu"
    feed.mark_read_all()
    assert states(feed) == "rrrrrrrrrr"
    when = feed.page(1)[0].read_at
    assert feed.mark_unread(ten[3], ten[7]) == 2
    assert states(feed) == "rrrurrrurr"
    assert {each.read_at for each in feed if each.is_read and each.pk > ten[3]} == {when}
    assert feed.mark_unread(ten[3]) == 0
    assert feed.mark_read(ten[3]) == 1
    assert states(feed) == "rrrrrrrurr"
    feed.mark_read_all()
    assert states(feed) == "rrrrrrrrrr"


def test_what_is_unread_again_stays_seen(feed, ten):
    feed.mark_read_all()
    feed.mark_unread(*ten)
    feed.refresh()
    assert (feed.unread_count, feed.unseen_count) == (10, 0)


def test_archived_and_restored(feed, ten):
    assert feed.archive(ten[1], ten[2]) == 2
    assert states(feed) == "uaauuuuuuu"
    assert feed.archive(ten[1]) == 0
    assert feed.restore(ten[1]) == 1
    assert states(feed) == "urauuuuuuu"
    assert feed.mark_unread(ten[2]) == 1  # and so out of the archive
    assert states(feed) == "uruuuuuuuu"
    feed.mark_read_all()
    feed.archive(*ten[:5])
    assert states(feed) == "aaaaarrrrr"
    archive = NotificationFeed(feed.user, archived=True)
    page = archive.page(3)
    assert [each.pk for each in page] == ten[4:1:-1]
    assert [each.pk for each in archive.page(3, after=page.next)] == ten[1::-1]
    assert len(archive.groups()) == 5
    assert archive.get(ten[0]).is_archived
    assert feed.get(ten[0]).is_archived


def test_one_many_groups_and_what_a_filter_finds(feed, ten, lennon):
    groups = [each.group for each in feed.groups()]  # newest first
    assert feed.mark_read(group=groups[0]) == 1
    assert feed.archive(group=groups[1:3]) == 2
    assert states(feed) == "uuuuuuuaar"
    sang = Notification.objects.filter(action__verb__in=["sang 0 to", "sang 1 to", "sang 8 to"])
    assert feed.mark_read(sang) == 2
    assert states(feed) == "rruuuuuaar"
    (other,) = users("ringo")
    notify(other, lennon.actor_actions.first())
    assert Notification.objects.filter(action__verb__startswith="sang").mark_read() == 6
    assert not NotificationFeed(other).unread_count
    assert states(feed) == "rrrrrrraar"
    assert Notification.objects.all().mark_unread() == 11
    assert Notification.objects.all().mark_seen() == 0
    assert Notification.objects.all().archive() == 11
    assert Notification.objects.all().restore() == 11
    assert states(feed) == "rrrrrrrrrr"


def test_a_notification_by_itself(feed, ten):
    feed.mark_read_all()
    one = Notification.objects.get(pk=ten[4])
    assert one.is_read
    assert one.mark_unread()
    assert not one.is_read
    assert not one.mark_unread()
    assert states(feed) == "rrrrurrrrr"
    assert one.mark_read()
    assert one.archive()
    assert (one.is_read, one.is_archived) == (True, True)
    assert one.restore()
    assert not one.restore()
    assert states(feed) == "rrrrrrrrrr"


def test_nobody_changes_what_is_not_theirs(feed, ten, lennon):
    other = NotificationFeed(lennon)
    for change in (other.mark_unread, other.archive, other.restore):
        assert change(*ten) == 0
    assert NotificationFeed(None).archive(*ten) == 0
    assert states(feed) == "u" * 10


def test_any_sequence_of_changes_is_what_a_list_would_do(feed, ten):
    for seed in range(5):
        chance = Random(seed)
        Inbox.objects.all().delete()
        Notification.objects.update(read_at=None, seen_at=None, archived=0)
        expected = dict.fromkeys(ten, "u")
        for _ in range(12):
            name = chance.choice(["mark_read", "mark_unread", "archive", "restore", "all"])
            if name == "all":
                feed.mark_read_all()
                expected = {pk: "r" if each == "u" else each for pk, each in expected.items()}
                continue
            keys = chance.sample(ten, chance.randint(1, 4))
            becomes = {
                "mark_read": {"u": "r"},
                "mark_unread": {"r": "u", "a": "u"},
                "archive": {"u": "a", "r": "a"},
                "restore": {"a": "r"},
            }[name]
            count = getattr(feed, name)(*keys)
            assert count == sum(expected[pk] in becomes for pk in keys), (seed, name)
            expected |= {pk: becomes.get(expected[pk], expected[pk]) for pk in keys}
            assert states(feed) == "".join(expected[pk] for pk in ten), (seed, name)


def test_unseen_groups_are_counted(feed, lennon, hendrix):
    band = Band.objects.get()
    for user in users("ringo", "bob", "mick"):
        notify(hendrix, action.send(user, "liked", band))
    feed.refresh()
    assert (feed.count_unseen(), feed.count_unseen_groups()) == (13, 11)
    assert feed.count_unseen_groups(limit=5) == 5
    feed.mark_seen_all()
    assert feed.count_unseen_groups() == 0
    assert NotificationFeed(None).count_unseen_groups() == 0


def test_the_archive_is_read_by_the_index(feed, ten, hendrix):
    rows = NotificationFeed(hendrix, archived=True).in_order[:3]
    assert len(rows) == 0
    if connection.vendor == "sqlite":
        assert "stream_notified (" in rows.explain()
        assert "TEMP B-TREE" not in rows.explain()


# Pages and the API


def test_the_pages_change_states(feed, ten, hendrix):
    client = Client()
    client.force_login(hendrix)

    def post(name, **data):
        return client.post(f"/notifications/{name}/", data).status_code

    assert post("archive", id=ten[0]) == post("read", id=ten[1]) == 302
    assert states(feed) == "aruuuuuuuu"
    html = client.get("/notifications/?archived&single").content.decode()
    assert "sang 0" in html
    assert "sang 1" not in html
    assert ">Restore</button>" in html
    assert 'href="?archived" aria-current="page"' in html
    html = client.get("/notifications/").content.decode()
    assert "sang 0" not in html
    assert ">Mark as unread</button>" in html
    assert ">Archive</button>" in html
    assert post("restore", id=ten[0]) == post("unread", id=ten[1]) == 302
    group = feed.groups().rows[0].group
    assert post("archive", group=group) == 302
    assert states(feed) == "ruuuuuuuua"
    assert post("archive") == post("unread") == post("restore") == 404


def test_the_api_changes_states(feed, ten, hendrix):
    api = APIClient()
    api.force_authenticate(hendrix)

    def post(name, **data):
        return api.post(f"/api/notifications/{name}/", data, format="json")

    assert post("archive", ids=ten[:2]).json() == {"unseen": 8, "unread": 8}
    assert post("unread", ids=ten[:1]).json() == {"unseen": 8, "unread": 9}
    assert post("restore", ids=ten[1:2]).status_code == 200
    assert states(feed) == "uruuuuuuuu"
    post("archive", ids=[ten[5]])
    found = api.get("/api/notifications/?archived=true").json()["results"]
    assert [(each["id"], each["archived"]) for each in found] == [(ten[5], True)]
    assert len(api.get("/api/notifications/").json()["results"]) == 9
    wrong = post("archive", all=True)
    assert (wrong.status_code, wrong.json()) != (200, None)
    assert post("unread").status_code == 400


# Retention and digests


def test_who_archives_all_while_others_are_mailed_gets_no_digest(feed, ten):
    User.objects.filter(pk=feed.user.pk).update(email="hendrix@example.com")
    delivery = Delivery.objects.create(
        recipient=feed.user, channel="email", frequency=Frequency.DAILY
    )
    feed.archive(*ten)
    with mails():
        assert run_job(Delivery, delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, mail.outbox) == (Delivery.State.SKIPPED, [])


def test_what_is_cleared_by_its_state(feed, ten):
    old = timezone.now() - dt.timedelta(days=100)
    Notification.objects.update(datetime=old)
    feed.mark_read(*ten[:4])
    feed.archive(ten[0])
    assert clear_notifications(90, only="archived") == 1
    assert clear_notifications(90, only="read") == 3
    call_command("clear_notifications", "--days=90", "--only=archived", verbosity=0)
    assert Notification.objects.count() == 6
    with pytest.raises(ValueError, match=r"only='new'\): write 'read' or 'archived'"):
        clear_notifications(90, only="new")
    with pytest.raises(CommandError):
        call_command("clear_notifications", "--only=new")
