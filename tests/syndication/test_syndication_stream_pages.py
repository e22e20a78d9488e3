"""The pages of ``stream.urls``, with feeds and without."""

import pytest

from follow.utils import follow
from stream.syndication.models import FeedToken
from stream.utils import action
from stream.web.links import stream_url
from tests.as2.checker import problems
from tests.early.models import Band
from tests.support.projects import IMPORTS, Project

pytestmark = pytest.mark.django_db
ACTIVITY = "application/activity+json"
HTML = "text/html; charset=utf-8"


@pytest.fixture
def band(lennon):
    band = Band.objects.create(name="The Quarrymen")
    action.send(lennon, "founded", band)
    return band


@pytest.fixture
def urls(lennon, band):
    sent = action.send(band, "played")
    pages = {page: stream_url(band, page) for page in ("object", "actor", "model")}
    return {"action": sent.get_absolute_url(), **pages}


def load(client, url, **headers):
    response = client.get(url, headers={"Accept": ACTIVITY, **headers})
    assert (response.status_code, response["Content-Type"]) == (200, ACTIVITY)
    document = response.json()
    assert not list(problems(document))
    return document


def vary(response):
    return {name.strip() for name in response["Vary"].split(",")}


def announced(response):
    links = [line for line in response.content.decode().splitlines() if 'rel="alternate"' in line]
    return [line.split('href="')[1].split('"')[0] for line in links]


# With


def test_pages_answer_with_activitystreams(client, lennon, band, urls):
    assert load(client, urls["action"])["actor"]["name"] == "The Quarrymen"
    for page, count in (("object", 2), ("actor", 1), ("model", 2)):
        found = load(client, urls[page])
        assert found["type"] == "OrderedCollection"
        assert found["id"] == f"http://testserver{urls[page]}"
        assert len(found["first"]["orderedItems"]) == count
    assert load(client, urls["actor"])["name"] == "What The Quarrymen does"


def test_the_home_page_answers_who_is_signed_in(client, lennon, hendrix, band):
    headers = {"Accept": ACTIVITY}
    assert client.get("/stream/", headers=headers).url == "/login/?next=/stream/"
    follow(hendrix, lennon)
    client.force_login(hendrix)
    [item] = load(client, "/stream/")["first"]["orderedItems"]
    assert item["object"]["name"] == "The Quarrymen"
    assert "Cookie" in vary(client.get("/stream/", headers=headers))


def test_programs_are_told_what_is_public_whoever_asks(client, lennon):
    secret = Band.objects.create(name="Secret")
    sent = action.send(lennon, "left", secret, public=False)
    client.force_login(lennon)
    for url in (sent.get_absolute_url(), stream_url(secret), stream_url(lennon, "actor")):
        assert client.get(url).status_code == 200
        assert client.get(url, headers={"Accept": ACTIVITY}).status_code == 404
    action.send(lennon, "slept")
    for page in ("actor", "object", "model"):
        found = load(client, stream_url(lennon, page))
        assert [each["summary"] for each in found["first"]["orderedItems"]] == ["lennon slept"]


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", f"text/html, {ACTIVITY}", "image/png"])
def test_browsers_get_pages(client, urls, accept):
    for url in urls.values():
        assert client.get(url, headers={"Accept": accept})["Content-Type"] == HTML


def test_answers_vary_by_all_that_they_depend_on(client, urls):
    asked = {"HX-Request", "HX-Boosted", "HX-History-Restore-Request"}
    for page, url in urls.items():
        for accept in ("text/html", ACTIVITY):
            expected = {"Accept", *(asked if page != "action" else ())}
            found = vary(client.get(url, headers={"Accept": accept}))
            assert found - {"Cookie"} == expected
    response = client.get(urls["object"], headers={"Accept": "*/*", "HX-Request": "true"})
    assert {"Accept", *asked} <= vary(response)
    assert response.content.strip().startswith(b"<h2")


def test_nothing_new_is_304(client, urls):
    for url in urls.values():
        headers = {
            "Accept": ACTIVITY,
            "If-None-Match": client.get(url, headers={"Accept": ACTIVITY})["ETag"],
        }
        response = client.get(url, headers=headers)
        assert (response.status_code, "Accept" in vary(response)) == (304, True)


def test_pages_announce_their_feeds(client, lennon, band, urls):
    for page in ("object", "actor", "model"):
        found = announced(client.get(urls[page]))
        assert [each.rstrip("/").rpartition("/")[2] for each in found] == (
            ["atom", "rss", "json", "activity"]
        )
        assert all(each.startswith(f"/feeds/{page}/early/band/") for each in found)
        assert {client.get(each).status_code for each in found} == {200}
    assert announced(client.get(urls["action"])) == []
    assert announced(client.get(stream_url(band, "followers"))) == []


def test_no_page_that_a_cache_may_keep_holds_the_secret_address(client, lennon, band, urls):
    token = FeedToken.objects.renew(lennon)
    client.force_login(lennon)
    for url in ("/stream/", *urls.values()):
        assert token.key not in client.get(url).content.decode()
    assert '<a href="/feeds/token/">' in client.get("/stream/").content.decode()
    assert '<a href="/feeds/token/">' not in client.get(urls["object"]).content.decode()


def test_what_a_user_is_shown_is_private(client, lennon, band, urls):
    every = ({}, {"Accept": ACTIVITY}, {"HX-Request": "true"})
    for headers in every:
        for url in urls.values():
            answer = client.get(url, headers=headers)
            assert "private" not in answer.headers.get("Cache-Control", "")
    client.force_login(lennon)
    pages = [("/stream/", headers) for headers in every]
    pages += [(url, headers) for url in urls.values() for headers in (every[0], every[2])]
    for url, headers in pages:
        answer = client.get(url, headers=headers)
        assert "private" in answer["Cache-Control"], (url, headers)
        assert "Cookie" in vary(answer)


def test_queries_of_activitystreams(client, lennon, band, urls, django_assert_num_queries):
    client.force_login(lennon)
    for page, count in (("action", 2), ("object", 3), ("actor", 2), ("model", 3)):
        with django_assert_num_queries(count):  # the object, the actions, their other objects
            load(client, urls[page])


# Without


def test_where_the_feeds_are_not_included_nothing_changes(client, lennon, urls, settings):
    settings.ROOT_URLCONF = "tests.support.urls_stream_alone"
    client.force_login(lennon)
    for url in (*urls.values(), "/stream/"):
        response = client.get(url, headers={"Accept": ACTIVITY})
        assert (response.status_code, response["Content-Type"]) == (200, HTML)
        assert announced(response) == []
        assert "Accept" not in vary(response)


def test_where_the_app_is_not_installed_nothing_is_imported(tmp_path):
    project = Project(tmp_path)
    project.app(
        "blog",
        IMPORTS + "@register_actor\nclass Person(models.Model):\n    pass\n",
    )
    project.settings(
        """
        MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "stream", "follow", "blog"])
        DATABASES["default"]["NAME"] = ":memory:"
        TEMPLATES = [
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ]
        ALLOWED_HOSTS = ["testserver"]
        ROOT_URLCONF = "stream.urls"
        """
    )
    printed = project.python(
        """
        import sys
        from django.core.management import call_command
        from django.test import Client
        from blog.models import Person
        from stream.utils import action
        call_command("migrate", run_syncdb=True, verbosity=0)
        action.send(Person.objects.create(), "slept")
        urls = "/action/1/", "/blog/person/", "/blog/person/1/", "/blog/person/1/actor/"
        for url in urls:
            response = Client().get(url, headers={"Accept": "application/activity+json"})
            print(response.status_code, response["Content-Type"])
            assert "Accept" not in response.get("Vary", "")
            assert b"alternate" not in response.content
        print([name for name in sys.modules if name.startswith("stream.syndication")])
        """
    )
    assert printed.splitlines() == [f"200 {HTML}"] * 4 + ["[]"]
