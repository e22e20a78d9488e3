"""The API of notifications."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from rest_framework.test import APIClient

from stream.notifications import NotificationFeed, is_muted, mute, notify
from stream.notifications.models import Mute, Notification
from stream.utils import action
from tests.early.models import Band
from tests.support.notifications import check_counts
from tests.testapp.models import Song, Tag

pytestmark = pytest.mark.django_db
URL = "/api/notifications/"


@pytest.fixture
def feed(lennon, hendrix):
    band = Band.objects.create(name="Cream")
    for number in range(5):
        notify(lennon, action.send(hendrix, "liked", band if number % 2 else lennon))
    return NotificationFeed(lennon)


def post(client, rest, **data):
    return client.post(f"{URL}{rest}", data, format="json")


def test_listing(signed_in, feed):
    feed.mark_read(feed.page(1)[0])
    page = signed_in.get(URL).json()
    assert (page["next"], page["previous"], len(page["results"])) == (None, None, 5)
    newest, older = page["results"][:2]
    assert newest["read_at"]
    assert newest["seen_at"]
    assert (older["read_at"], older["seen_at"]) == (None, None)
    assert (newest["action"]["verb"], newest["action"]["actor"]["text"]) == ("liked", "hendrix")
    assert newest["group"] == str(feed.page(1)[0].group)
    unread = signed_in.get(URL, {"unread": True, "page_size": 3}).json()
    assert [each["id"] for each in unread["results"]] == [row.pk for row in feed.page(4)[1:]]
    rest = signed_in.get(unread["next"]).json()
    assert len(rest["results"]) == 1
    assert signed_in.get(rest["previous"]).json()["results"] == unread["results"]
    feed.mark_seen_all()
    assert signed_in.get(URL, {"unseen": True}).json()["results"] == []


def test_listing_takes_a_fixed_number_of_queries(
    signed_in, feed, hendrix, django_assert_max_num_queries
):
    # Session and user; the rows with their actions, the inbox, and four models.
    notify(feed.user, action.send(hendrix, "played", Song.objects.create(title="x")))
    notify(feed.user, action.send(hendrix, "used", Tag.objects.create(name="x")))
    for _ in range(2):
        with django_assert_max_num_queries(9):
            signed_in.get(URL)
        for _ in range(10):
            notify(feed.user, action.send(hendrix, "met", feed.user))


@pytest.mark.parametrize("query", ["read=1", "after=x", "page_size=0", "unread=maybe"])
def test_unknown_parameters_are_refused(signed_in, feed, query):
    assert signed_in.get(f"{URL}?{query}").status_code == 400


def test_counting_and_marking(signed_in, feed):
    assert signed_in.get(f"{URL}counts/").json() == {"unseen": 5, "unread": 5}
    assert signed_in.get(f"{URL}counts/").headers["Cache-Control"] == "no-store, private"
    newest, second = feed.page(2)
    assert post(signed_in, "seen/", ids=[newest.pk, 10**9]).json() == {"unseen": 4, "unread": 5}
    # The group of two that are about the band, of which none was seen.
    assert post(signed_in, "read/", groups=[str(second.group)]).json() == {"unseen": 2, "unread": 3}
    assert post(signed_in, "seen/", all=True).json() == {"unseen": 0, "unread": 3}
    assert post(signed_in, "read/", all=True).json() == {"unseen": 0, "unread": 0}
    check_counts()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"all": False},
        {"all": True, "ids": [1]},
        {"ids": []},
        {"ids": [2**63]},
        {"groups": ["9" * 19]},
        {"groups": ["x"]},
        {"pk": 5},
    ],
)
def test_odd_marks_are_refused(signed_in, feed, data):
    assert post(signed_in, "read/", **data).status_code == 400
    feed.refresh()
    assert feed.unread_count == 5


def test_one_notification(signed_in, feed):
    pk = feed.page(1)[0].pk
    assert signed_in.get(f"{URL}{pk}/").json()["id"] == pk
    assert signed_in.delete(f"{URL}{pk}/").status_code == 204
    assert not Notification.objects.filter(pk=pk)
    for odd in (pk, "x", 2**70):
        assert signed_in.get(f"{URL}{odd}/").status_code == 404
        assert signed_in.delete(f"{URL}{odd}/").status_code == 404
    check_counts()


def test_those_of_others_are_not_found(api, feed, hendrix):
    pk = feed.page(1)[0].pk
    for path in ("", "counts/", f"{pk}/", "mutes/"):
        assert APIClient().get(f"{URL}{path}").status_code == 403
    api.force_login(hendrix)
    assert api.get(URL).json()["results"] == []
    assert api.get(f"{URL}{pk}/").status_code == 404
    assert api.delete(f"{URL}{pk}/").status_code == 404
    assert post(api, "read/", ids=[pk]).json() == {"unseen": 0, "unread": 0}
    assert feed.unread_count == 5


def test_muting(signed_in, feed, lennon):
    band = Band.objects.get()
    for _ in range(2):
        assert post(signed_in, "mutes/", verb="liked").status_code == 201
    assert post(signed_in, "mutes/", type="early.band", id=str(band.pk)).status_code == 201
    assert is_muted(lennon, verb="liked")
    assert is_muted(lennon, band)
    listed = signed_in.get(f"{URL}mutes/").json()
    assert listed == [
        {"kind": "", "verb": "", "type": "early.band", "id": str(band.pk)},
        {"kind": "", "verb": "liked", "type": "", "id": ""},
    ]
    band.delete()  # what is gone can be unmuted
    for each in listed:
        assert post(signed_in, "mutes/remove/", **each).status_code == 200
    assert not Mute.objects.exists()


def test_a_user_mutes_so_much_alone(signed_in, feed, lennon, monkeypatch):
    monkeypatch.setattr("stream.notifications.mutes.MUTES_PER_USER", 2)
    mute(User.objects.create(username="ono"), verb="met")
    statuses = [post(signed_in, "mutes/", verb=verb).status_code for verb in "abca"]
    assert statuses == [201, 201, 400, 201]
    pages = [
        signed_in.post(reverse(f"stream_notifications:{name}"), {"verb": verb}).status_code
        for name, verb in [("mute", "c"), ("mute", "a"), ("unmute", "a"), ("mute", "c")]
    ]
    assert pages == [400, 302, 302, 302]
    assert sorted(lennon.stream_mutes.values_list("verb", flat=True)) == ["b", "c"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"verb": "liked", "type": "auth.user", "id": "1"},
        {"type": "auth.user"},
        {"type": "auth.user", "id": "999999"},
        {"type": "auth.permission", "id": "1"},
        {"verb": "x" * 256},
    ],
)
def test_odd_mutes_are_refused(signed_in, data):
    assert post(signed_in, "mutes/", **data).status_code == 400
