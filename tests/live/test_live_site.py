"""Settings, checks, tags and pages of live updates."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory

from stream.jinja2 import environment
from stream.live.checks import check_live, check_urls
from stream.live.conf import options
from stream.live.templatetags.stream_live import live, live_badge
from stream.notifications import notify
from stream.utils import action

pytestmark = pytest.mark.django_db


def found_ids():
    return [each.id for each in check_live()]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], r"STREAM_LIVE = \[\]: write a dict"),
        ({"brokers": "redis"}, "the options are broker, database, poll"),
        ({"broker": 5}, "write 'redis', 'postgresql' or 'polling'"),
        ({"database": "none"}, "write a name of DATABASES"),
        ({"poll": 0}, "write a number of seconds from 0.05 on"),
        ({"pause": "1"}, "write a number of seconds from 0 on"),
        ({"recheck": True}, "write a number of seconds from 1 on"),
        ({"streams": 1.5}, "write a whole number from 1 on"),
    ],
)
def test_options_that_are_wrong_are_told(settings, given, says):
    settings.STREAM_LIVE = given
    with pytest.raises(ImproperlyConfigured, match=says):
        options()
    assert found_ids() == ["stream.E070"]


def test_checks_say_which_broker_cannot_be_used(settings, monkeypatch):
    assert found_ids() == []
    settings.STREAM_LIVE = {"broker": "redis"}
    settings.STREAM_REDIS_URL = None
    assert found_ids() == ["stream.E071"]
    settings.STREAM_REDIS_URL = "redis://127.0.0.1:6379/0"
    assert found_ids() == []
    settings.STREAM_LIVE = {"broker": "postgresql"}
    assert found_ids() == ([] if connection.vendor == "postgresql" else ["stream.E072"])
    for broker in ("nats", "stream.models.Action", "tests.support.live.NoBroker"):
        settings.STREAM_LIVE = {"broker": broker}
        assert found_ids() == ["stream.E073"]
    monkeypatch.setattr("stream.live.checks.find_spec", lambda name: None)
    settings.STREAM_LIVE = {"broker": "redis"}
    assert found_ids() == ["stream.E071"]
    settings.STREAM_LIVE = {"broker": "postgresql"}
    assert found_ids() == ["stream.E072"]


def test_a_check_says_that_no_page_can_listen(settings):
    assert check_urls() == []
    settings.ROOT_URLCONF = "tests.support.urls_stream_alone"
    assert [each.id for each in check_urls()] == ["stream.W081"]


@pytest.fixture
def page(rf: RequestFactory, lennon):
    request = rf.get("/")
    request.user = lennon
    return request


def test_the_script_is_for_who_is_signed_in_and_needs_nothing_inline(settings, page):
    script = '<script src="/static/stream/live.js" data-url="/live/" defer></script>'
    assert Template("{% load stream_live %}{% live %}").render(Context({"request": page})) == script
    assert environment().from_string("{{ live(request) }}").render(request=page) == script
    del page.user
    assert live(page) == live_badge(page) == live(Context({})) == ""


def test_no_script_where_the_address_is_not_there(settings, page):
    settings.ROOT_URLCONF = "tests.support.urls_stream_alone"
    assert live(page) == live_badge(page) == ""


def test_the_badge_says_what_it_counts_and_where(page, lennon, hendrix):
    notify(lennon, action.send(hendrix, "waved"))
    badge = live_badge(page)
    assert badge.startswith(
        '<span data-stream-badge="/notifications/count/" data-unseen="1" aria-live="polite">'
    )
    assert '<span class="stream-badge">1' in badge


def test_the_plain_frame_listens(lennon):
    client = Client()
    assert b"live.js" not in client.get("/stream/auth/user/").content
    client.force_login(lennon)
    shown = client.get("/stream/").content.decode()
    assert "/static/stream/live.js" in shown
    assert 'data-stream-badge="/notifications/count/"' in shown


def test_parts_of_a_page_say_where_new_rows_begin(lennon, hendrix, client):
    from follow.utils import follow

    follow(lennon, hendrix)
    client.force_login(lennon)
    first = action.send(hendrix, "waved")
    page = client.get("/stream/")
    assert 'data-stream-live="home"' in page.content.decode()
    cursor = page.context["stream_page"].first
    action.send(hendrix, "waved")
    rows = client.get("/stream/", {"before": cursor}, headers={"HX-Request": "true"})
    assert rows["Stream-First"] == rows.context["stream_page"].first != cursor
    assert "Stream-Newer" not in rows
    assert first
