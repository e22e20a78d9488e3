"""Scrolling on and the line of new actions, as htmx asks for them."""

import datetime as dt

import pytest
from django.utils import timezone
from django.views.generic import ListView

from follow.utils import follow
from stream.models import Action
from stream.utils import action
from stream.web.links import stream_url
from stream.web.scrolling import HEADERS, NEW_ROWS_COUNTED, ScrollMixin

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def forty(lennon):
    now = timezone.now()
    for number in range(40):
        action.send(lennon, "sang", datetime=now - dt.timedelta(minutes=number))


@pytest.fixture
def url(lennon):
    return stream_url(lennon, "actor")


def test_htmx_gets_the_rows_alone(client, forty, url):
    page = client.get(url)
    part = client.get(url + page.context["stream_older_url"], headers=HTMX)
    html = part.content.decode()
    assert "<html" not in html
    assert "<h1" not in html
    assert html.count("<li>") == 15
    assert "rel=" not in html
    assert list(part.context["stream_page"]) == list(Action.objects.all()[25:])
    # The focus goes on from the link to the rows that come in its place.
    cursor = page.context["stream_page"].next
    assert f'id="stream-after-{cursor}" rel="next"' in page.content.decode()
    assert f' id="stream-after-{cursor}" tabindex="-1">' in html


def test_every_answer_varies_by_the_headers(client, forty, url):
    for headers in ({}, HTMX):
        response = client.get(url, headers=headers)
        assert set(HEADERS) <= set(response.headers["Vary"].split(", "))
        assert ("no-store" in response.headers.get("Cache-Control", "")) is bool(headers)


@pytest.mark.parametrize("name", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_page_boosted_or_gone_back_to_is_a_whole_one(client, forty, url, name):
    assert b"<html" in client.get(url, headers={**HTMX, name: "true"}).content


def test_the_end_is_empty(client, forty, url):
    after = client.get(url).context["stream_older_url"]
    Action.objects.exclude(pk__in=[each.pk for each in Action.objects.all()[:25]]).delete()
    assert client.get(url + after, headers=HTMX).content.strip() == b""


# New actions


def new_url(response):
    return response.context["stream_new_url"]


def test_the_line_asks_from_the_first_row_on(client, forty, url, lennon):
    page = client.get(url)
    assert '<div class="stream-new" role="status" aria-live="polite" hx-get="?since=' in (
        page.content.decode()
    )
    assert 'hx-trigger="every 60s"' in page.content.decode()
    since = url + new_url(page)
    assert (client.get(since).status_code, client.get(since).content) == (204, b"")
    action.send(lennon, "sang")
    assert '<a href="?">Show 1 new action</a>' in client.get(since).content.decode()
    action.send(lennon, "sang")
    response = client.get(since, headers=HTMX)
    assert '<a href="?">Show 2 new actions</a>' in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def test_older_pages_have_no_line(client, forty, url):
    older = client.get(url + client.get(url).context["stream_older_url"])
    assert "stream_new_url" not in older.context
    assert b'class="stream-new"' not in older.content


def test_pages_of_follows_have_no_line(client, forty, lennon):
    page = client.get(stream_url(lennon, "followers"))
    assert page.status_code == 200
    assert b'class="stream-new"' not in page.content


def test_an_empty_page_counts_all(client, lennon, url):
    client.force_login(lennon)
    since = url + new_url(client.get(url))
    assert client.get(since).status_code == 204
    action.send(lennon, "sang")
    assert b"Show 1 new action<" in client.get(since).content


@pytest.mark.parametrize(
    ("count", "shown"), [(NEW_ROWS_COUNTED - 1, "99 new"), (NEW_ROWS_COUNTED + 20, "99+ new")]
)
def test_the_count_is_bounded(client, forty, lennon, url, count, shown):
    since = url + new_url(client.get(url))
    action.send_many({"actor": lennon, "verb": "sang"} for _ in range(count))
    assert f"Show {shown} actions" in client.get(since).content.decode()


def test_counting_takes_few_queries(
    client, forty, lennon, hendrix, url, django_assert_max_num_queries
):
    since = url + new_url(client.get(url))
    follow(hendrix, lennon)
    client.force_login(hendrix)
    feed = "/stream/" + new_url(client.get("/stream/"))
    action.send_many({"actor": lennon, "verb": "sang", "target": hendrix} for _ in range(50))
    # the session, the user; two for the permissions, the object, its rows
    with django_assert_max_num_queries(2 + 4):
        assert b"Show 50 new actions" in client.get(since).content
    # What is followed, the first rows of each range, and more; MariaDB lists the keys before.
    with django_assert_max_num_queries(2 + 4):
        assert b"Show 50 new actions" in client.get(feed).content


def test_only_what_the_reader_may_see_is_counted(client, forty, lennon, url):
    since = url + new_url(client.get(url))
    action.send(lennon, "wept", public=False)
    assert client.get(since).status_code == 204
    client.force_login(lennon)
    assert client.get(since).status_code == 200


def test_a_reader_who_has_signed_out_gets_no_form_in_the_page(client, lennon):
    response = client.get("/stream/?since=")
    assert (response.status_code, response.content) == (286, b"")
    response = client.get("/stream/", headers=HTMX)
    assert (response.status_code, response.headers["HX-Refresh"]) == (401, "true")


class Newest(ScrollMixin, ListView):
    template_name = "stream/pages/_actions.html"
    page_size = 10

    def get_queryset(self):
        return Action.objects.public().with_objects()


def test_lists_of_ones_own_scroll_on(forty, rf):
    context = Newest.as_view()(rf.get("/news/?q=x&after=")).context_data
    assert len(context["stream_page"]) == 10
    assert context["stream_older_url"].startswith("?q=x&after=")
    assert "stream_new_url" not in context
    context = Newest.as_view(poll_seconds=5)(rf.get("/news/?q=x")).context_data
    assert context["stream_new_url"].startswith("?q=x&since=")
    assert context["stream_new_trigger"] == "every 5s"
