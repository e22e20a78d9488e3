"""Filters, rows for htmx, and what the library's apps add: feeds, API, pages and admin."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection

from follow.utils import follow
from stream.actions.checks import check_transaction_mode
from stream.models import Action
from stream.syndication.models import FeedToken
from stream.utils import action
from stream.web.links import stream_url
from test_project.dashboard.models import Tag

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def app(make_repository):
    app = make_repository("app", ["Ann A"], each=30)
    ann = User.objects.get(first_name="Ann")
    commit = app.commits.first()
    tag = Tag.objects.create(
        repository=app, name="v1", sha=commit.sha, tagger=ann, tagged_at=commit.committed_at
    )
    action.send(ann, "tagged", target=app, action_object=tag, datetime=commit.committed_at)
    return app


@pytest.fixture
def reader(app, client, demo_user):
    follow(demo_user, app)
    client.force_login(demo_user)
    return demo_user


def verbs(response):
    return {action.verb for action in response.context["stream_page"]}


@pytest.mark.parametrize("url", ["/", "/repositories/app/", "/people/ann-a/"])
def test_verb_filters_the_page_and_what_leads_on(client, reader, url):
    assert verbs(client.get(f"{url}?verb=tagged")) == {"tagged"}
    page = client.get(f"{url}?verb=committed")
    assert verbs(page) == {"committed"}
    assert "verb=committed&after=" in page.context["stream_older_url"]
    assert "verb=committed&since=" in page.context["stream_new_url"]
    assert '<a href="?verb=committed" aria-current="true">Commits</a>' in page.content.decode()


@pytest.mark.parametrize("verb", ["", "sang", "%00", "%27%20OR%201=1", "tagged&verb=sang"])
def test_unknown_verb_is_no_filter(client, app, verb):
    page = client.get(f"/repositories/app/?verb={verb}")
    assert (page.status_code, page.context["verb"], len(page.context["stream_page"])) == (
        200,
        "",
        20,
    )


def test_filter_that_finds_nothing_says_so(client, app):
    Tag.objects.all().delete()
    page = client.get("/repositories/app/?verb=tagged").content.decode()
    assert "Nothing of this kind has happened here yet." in page
    assert "Nothing has happened here yet" not in page


def test_older_rows_go_on_under_the_day_that_is_there(client, app):
    page = client.get("/repositories/app/")
    url, last_day = re.search(
        r'hx-get="([^"]+)" hx-headers=\'{"Stream-Day": "([^"]+)"}\'', page.content.decode()
    ).groups()
    assert last_day == "2020-09-13"
    url = f"/repositories/app/{url.replace('&amp;', '&')}"
    part = client.get(url, headers={**HTMX, "Stream-Day": last_day}).content.decode()
    assert "<html" not in part
    assert part.count('class="stream-row ') == 11
    assert "stream-day" not in part
    whole = client.get(url, headers=HTMX).content.decode()
    assert whole.count('class="stream-day"') == 1


def test_rows_alone_take_the_queries_of_rows_alone(client, reader, django_assert_num_queries):
    url = f"/repositories/app/{client.get('/repositories/app/').context['stream_older_url']}"
    with django_assert_num_queries(4):  # repository, actions, their objects of two other models
        client.get(url, headers=HTMX)


def test_line_of_new_actions_counts_those_of_the_filter(client, app):
    page = client.get("/repositories/app/?verb=tagged")
    ann = User.objects.get(first_name="Ann")
    for verb in ("tagged", "tagged", "committed"):
        action.send(ann, verb, app)
    answer = client.get(f"/repositories/app/{page.context['stream_new_url']}", headers=HTMX)
    assert "Show 2 new actions" in answer.content.decode()


def test_heads_announce_the_feeds_and_they_are_there(client, reader, app):
    for url in (app.get_absolute_url(), "/people/ann-a/"):
        links = re.findall(
            r'<link rel="alternate".* href="([^"]+)">', client.get(url).content.decode()
        )
        assert len(links) == 4
        for link in links:
            assert b"ann-a" in client.get(link).content


def test_home_page_leads_to_the_secret_address_and_does_not_hold_it(client, reader):
    token = FeedToken.objects.renew(reader)
    page = client.get("/").content.decode()
    assert 'href="/feeds/token/">Subscribe</a>' in page
    assert token.secret in client.get("/feeds/token/").content.decode()
    for url in ("/", f"/people/{reader.username}/"):
        assert token.key not in client.get(url).content.decode()


def test_api_answers_with_what_the_site_shows(client, app):
    answer = client.get("/api/actions/?verb=tagged").json()
    assert [each["action_object"]["text"] for each in answer["results"]] == ["v1"]
    assert answer["results"][0]["actor"]["url"] == "http://testserver/people/ann-a/"


def test_developers_find_each_operation_of_the_schema(client, app):
    schema = client.get("/api/schema/").json()
    page = client.get("/developers/").content.decode()
    assert len(schema["paths"]) > 10
    for path in schema["paths"]:
        assert f"<code>{path}</code>" in page


def test_pages_of_the_library_look_like_the_site(client, reader, app):
    one = Action.objects.first()
    urls = ["/stream/", "/feeds/token/", stream_url(app), stream_url(app, "followers")]
    for url in [
        *urls,
        stream_url(app, "model"),
        stream_url(reader, "following"),
        stream_url(one.actor),
    ]:
        page = client.get(url).content.decode()
        assert '<header class="site-header">' in page, url
        assert "Headwater" in page


def test_admin_of_actions_is_for_staff(client, app, demo_user):
    client.force_login(demo_user)
    assert "/admin/" not in client.get("/").content.decode()
    client.force_login(User.objects.create_superuser("admin"))
    assert 'href="/admin/stream/action/"' in client.get("/").content.decode()
    for url in ("/admin/stream/action/", "/admin/follow/follow/", "/admin/dashboard/commit/"):
        assert client.get(url).status_code == 200


def test_writers_of_the_demo_wait_for_each_other(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "demo.sqlite3")  # the tests' is in memory
    assert check_transaction_mode() == []


def test_what_is_not_there_has_a_page_of_the_site(client, reader):
    for url in ("/nope/", "/repositories/nope/", "/stream/auth/user/999/"):
        response = client.get(url)
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()
    assert client.get("/explore").url == "/explore/"


def test_each_page_says_what_it_took(client, app):
    for url in ("/", "/explore/", "/repositories/app/"):
        page = client.get(url).content.decode()
        count = Action.objects.count()
        assert re.search(rf"This page: .*>{count:,} actions, \d+ queries, \d+ ms<", page)
