"""The feeds over HTTP: addresses, formats, pages, privacy, caching, queries."""

import datetime as dt
import re
from urllib.parse import quote as percent_quote

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, User
from django.utils import timezone, translation

from follow.utils import follow
from stream.models import Action
from stream.syndication.models import FeedToken
from stream.utils import action
from tests.activities.models import Photo
from tests.early.models import Band
from tests.support.syndication import ATOM, ElementTree, read_atom
from tests.testapp.models import Orchestra, Song, Tag

pytestmark = pytest.mark.django_db

TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
    "activity": "application/activity+json",
}
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.fixture
def band():
    return Band.objects.create(name="The Quarrymen")


@pytest.fixture
def home(lennon):
    return f"/feeds/home/{FeedToken.objects.renew(lennon).secret}/"


def addresses(lennon, home):
    key = f"auth/user/{lennon.pk}"
    return [home, "/feeds/model/auth/user/", f"/feeds/object/{key}/", f"/feeds/actor/{key}/"]


def titles(response):
    return [entry["title"] for entry in read_atom(response.content)]


# What is in them


def test_each_feed_holds_its_stream(client, lennon, hendrix, band, home):
    follow(lennon, hendrix)
    action.send(lennon, "founded", band)
    action.send(hendrix, "met", lennon)
    action.send(band, "played")
    assert titles(client.get(home)) == ["hendrix met lennon"]
    key = f"auth/user/{lennon.pk}"
    assert titles(client.get(f"/feeds/actor/{key}/")) == ["lennon founded The Quarrymen"]
    both = ["hendrix met lennon", "lennon founded The Quarrymen"]
    assert titles(client.get(f"/feeds/object/{key}/")) == both
    assert titles(client.get("/feeds/model/auth/user/")) == both


@pytest.mark.parametrize("name", TYPES)
def test_what_is_added_is_told_in_a_sentence(client, lennon, name):
    Photo.objects.create(user=lennon, title="Sunset")
    response = client.get(f"/feeds/object/auth/user/{lennon.pk}/{name}/")
    assert "added a new photo: Sunset" in re.sub(
        "<[^>]*>|&lt;.*?&gt;", "", response.content.decode()
    )


def test_private_actions_are_in_no_feed(client, lennon, home):
    follow(lennon, lennon)
    action.send(lennon, "secretly wept", lennon, public=False)
    action.send(lennon, "wept", lennon)
    client.force_login(lennon)
    for address in addresses(lennon, home):
        for name in TYPES:
            body = client.get(f"{address}{name}/").content.decode()
            assert "wept" in body
            assert "secretly" not in body


def test_every_kind_of_key(client, lennon):
    for obj in (
        Song.objects.create(title="x"),
        Tag.objects.create(name="rock/pop_2F & näh?"),
        Band.objects.create(name="x"),
    ):
        action.send(lennon, "liked", obj)
        meta = obj._meta
        path = f"/feeds/object/{meta.app_label}/{meta.model_name}/"
        response = client.get(f"{path}{percent_quote(quote(str(obj.pk)))}/")
        assert len(titles(response)) == 1, obj


def test_titles_and_links_of_feeds(client, lennon, band, home):
    action.send(lennon, "founded", band)

    def about(address):
        feed = ElementTree.fromstring(client.get(address).content)
        links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{ATOM}link")}
        return feed.findtext(f"{ATOM}title"), links["alternate"], feed.findtext(f"{ATOM}id")

    title, link, feed_id = about(f"/feeds/object/early/band/{band.pk}/")
    assert title == "What happens with The Quarrymen"
    assert link.startswith("http://testserver/")
    assert feed_id == f"tag:testserver,2026:early/band/{band.pk}/object"
    title, _, feed_id = about(home)
    assert title == "What lennon follows"
    assert feed_id == f"tag:testserver,2026:auth/user/{lennon.pk}/home"
    assert about(f"/feeds/actor/auth/user/{lennon.pk}/")[0] == "What lennon does"
    assert about("/feeds/model/early/band/")[0] == "What happens with bands"


# Formats


@pytest.mark.parametrize("name", TYPES)
def test_the_address_names_a_format(client, lennon, home, name):
    action.send(lennon, "played")
    for address in addresses(lennon, home):
        response = client.get(f"{address}{name}/")
        assert (response.status_code, response["Content-Type"]) == (200, TYPES[name])


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "atom"),
        ("*/*", "atom"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "atom"),
        ("image/png", "atom"),
        ("application/rss+xml", "rss"),
        ("application/rss+xml;q=0.5, application/feed+json", "json"),
        ("application/json", "json"),
        ("application/activity+json", "activity"),
        (LD, "activity"),
    ],
)
def test_accept_chooses_where_the_address_does_not(client, accept, name):
    headers = {"Accept": accept} if accept else {}
    response = client.get("/feeds/model/auth/user/", headers=headers)
    assert response["Content-Type"] == TYPES[name]
    assert response["Vary"] == "Accept"


@pytest.mark.parametrize("name", TYPES)
def test_activitystreams_are_served_on_each_address(client, name):
    address = f"/feeds/model/auth/user/{name}/"
    for accept in ("application/activity+json", LD):
        response = client.get(address, headers={"Accept": accept})
        assert response["Content-Type"] == TYPES["activity"]
    assert client.get(address, headers={"Accept": "*/*"})["Content-Type"] == TYPES[name]
    assert client.get(address, headers={"Accept": "text/html"})["Content-Type"] == TYPES[name]


# What is not there


def test_a_feed_of_what_is_in_no_public_action_looks_like_a_missing_one(client, lennon, band):
    action.send(lennon, "left", band, public=False)
    client.force_login(lennon)  # who may see it: a feed is the same for everybody
    for path in (f"object/early/band/{band.pk}/", f"actor/auth/user/{lennon.pk}/"):
        hidden = client.get(f"/feeds/{path}")
        missing = client.get(f"/feeds/{path.rstrip('/')}0/")
        assert (hidden.status_code, hidden.content) == (404, missing.content)


@pytest.mark.parametrize(
    "path",
    [
        "model/nonsense/user/",
        "model/auth/nonsense/",
        "model/testapp/orchestra/",
        "model/auth/user/nonsense/",
        "object/testapp/orchestra/1/",
        "object/auth/user/4711/",
        "object/auth/user/x/",
        "object/auth/user/99999999999999999999999/",
        "object/auth/user/1%00/",
        "object/auth/user/%FF/",
        "object/auth/user/%0A/",
        "object/testapp/song/x/",
        "object/testapp/tag/%00/",
        "actor/testapp/tag/rock/",
        "home/x/",
        "home/%00/",
        "home/%FF/atom/",
    ],
)
def test_unknown_things_are_not_found(client, path):
    Orchestra.objects.create(name="x")
    Tag.objects.create(name="rock")
    assert client.get(f"/feeds/{path}").status_code == 404


def test_only_reading_is_allowed(client, lennon, home):
    action.send(lennon, "played")
    for address in addresses(lennon, home):
        assert client.post(address).status_code == 405
        assert client.head(address).status_code == 200


# Pages


@pytest.fixture
def sixty(lennon):
    now = timezone.now()
    action.send_many(
        {"actor": lennon, "verb": f"v{number}", "datetime": now - dt.timedelta(hours=number)}
        for number in range(60)
    )


def follow_atom(client, address):
    feed = ElementTree.fromstring(client.get(address).content)
    links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{ATOM}link")}
    return [entry.findtext(f"{ATOM}title") for entry in feed.iterfind(f"{ATOM}entry")], links


def follow_rss(client, address):
    feed = ElementTree.fromstring(client.get(address).content).find("channel")
    links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{ATOM}link")}
    return [item.findtext("title") for item in feed.iterfind("item")], links


def follow_json(client, address):
    feed = client.get(address).json()
    links = {"self": feed["feed_url"], **({"next": feed["next_url"]} if "next_url" in feed else {})}
    return [item["title"] for item in feed["items"]], links


def follow_activity(client, address):
    feed = client.get(address).json()
    page = feed.get("first", feed)
    links = {"self": feed["id"], **{key: page[key] for key in ("next", "prev") if key in page}}
    return [item["summary"] for item in page["orderedItems"]], links


FOLLOW = {"atom": follow_atom, "rss": follow_rss, "json": follow_json, "activity": follow_activity}


@pytest.mark.parametrize("name", TYPES)
def test_pages_lead_to_each_other(client, sixty, name):
    address, seen = f"http://testserver/feeds/model/auth/user/{name}/", []
    while address:
        found, links = FOLLOW[name](client, address)
        assert links["self"] == address
        seen.append(found)
        address = links.get("next")
    assert [len(found) for found in seen] == [25, 25, 10]
    assert [title for found in seen for title in found] == [
        f"lennon v{number}" for number in range(60)
    ]
    if name in ("atom", "rss"):
        assert links["first"] == f"http://testserver/feeds/model/auth/user/{name}/"
    if back := links.get("previous") or links.get("prev"):
        assert FOLLOW[name](client, back)[0] == seen[1]
    else:
        assert name == "json"  # which has no link back


def test_next_stays_in_the_format_that_accept_chose(client, sixty):
    headers = {"Accept": "application/activity+json"}
    collection = client.get("/feeds/model/auth/user/rss/", headers=headers).json()
    assert collection["first"]["next"].startswith(
        "http://testserver/feeds/model/auth/user/activity/?after="
    )


@pytest.mark.parametrize("query", ["after=x", "before=%00", "after=%FF", "after=a&before=b"])
@pytest.mark.parametrize("name", TYPES)
def test_forged_cursors_are_bad_requests(client, sixty, query, name):
    assert client.get(f"/feeds/model/auth/user/{name}/?{query}").status_code == 400


@pytest.mark.parametrize("query", ["after=", "page=first", "page=%00", "x=y"])
def test_other_queries_give_the_first_page(client, sixty, query):
    assert len(titles(client.get(f"/feeds/model/auth/user/?{query}"))) == 25


# Caching


@pytest.mark.parametrize("name", TYPES)
def test_nothing_new_is_304(client, lennon, home, name):
    action.send(lennon, "played")
    for address in addresses(lennon, home):
        response = client.get(f"{address}{name}/")
        etag = response["ETag"]
        again = client.get(f"{address}{name}/", headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        for header in ("Cache-Control", "Vary"):
            assert again[header] == response[header]


CHANGES = {
    "a new action": lambda actor: action.send(actor, "new"),
    "a deletion": lambda actor: Action.objects.latest().delete(),
    "one older deleted": lambda actor: Action.objects.earliest().delete(),
    "made private": lambda actor: Action.objects.update(public=False),
    "another verb": lambda actor: Action.objects.update(verb="sang"),
    "a description": lambda actor: Action.objects.update(description="well"),
    "another name": lambda actor: User.objects.update(username="john"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", TYPES)
def test_any_change_that_shows_is_200(client, lennon, name, change):
    now = timezone.now()
    for hours in (1, 2):
        action.send(lennon, "played", datetime=now - dt.timedelta(hours=hours))
    address = f"/feeds/model/auth/user/{name}/"
    first = client.get(address)
    CHANGES[change](lennon)
    headers = {"If-None-Match": first["ETag"], "If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"}
    again = client.get(address, headers=headers)
    assert again.status_code == 200
    assert again.content != first.content
    assert not again.has_header("Last-Modified")


def test_formats_hosts_and_languages_differ_in_their_etags(client, lennon, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other"]
    action.send(lennon, "played")
    address = "/feeds/model/auth/user/"
    etags = {client.get(f"{address}{name}/")["ETag"] for name in TYPES}
    etags.add(client.get(f"{address}atom/", headers={"host": "other"})["ETag"])
    with translation.override("de"):
        etags.add(client.get(f"{address}atom/")["ETag"])
    assert len(etags) == len(TYPES) + 2


def test_headers_of_the_secret_feed(client, home):
    response = client.get(home)
    assert response["Cache-Control"] == "no-cache, private"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Vary"] == "Accept"
    assert client.get("/feeds/model/auth/user/")["Cache-Control"] == "no-cache"


# Queries


def fill(lennon, hendrix, count):
    group, band = Group.objects.create(name="x"), Band.objects.create(name="y")
    for number in range(count):
        action.send(hendrix, f"added {number}", target=group, action_object=band)


@pytest.mark.parametrize("count", [1, 24])
@pytest.mark.parametrize("name", TYPES)
def test_queries_do_not_grow_with_the_entries(
    client, lennon, hendrix, count, name, django_assert_num_queries
):
    fill(lennon, hendrix, count)
    objects = 3  # users, groups, bands
    with django_assert_num_queries(1 + objects):
        response = client.get(f"/feeds/model/auth/user/{name}/")
    with django_assert_num_queries(2 + objects - 1):  # the object, which is known then
        client.get(f"/feeds/object/auth/user/{hendrix.pk}/{name}/")
    with django_assert_num_queries(2 + objects - 1):
        client.get(f"/feeds/actor/auth/user/{hendrix.pk}/{name}/")
    with django_assert_num_queries(1 + objects):
        headers = {"If-None-Match": response["ETag"]}
        assert client.get(f"/feeds/model/auth/user/{name}/", headers=headers).status_code == 304


@pytest.mark.parametrize("count", [1, 24])
def test_queries_of_the_home_feed(
    client, lennon, hendrix, home, count, django_assert_max_num_queries
):
    follow(lennon, hendrix)
    fill(lennon, hendrix, count)
    with django_assert_max_num_queries(1 + 5 + 3):  # the token, the actions, their objects
        assert len(titles(client.get(home))) == count


# Languages


def test_feeds_speak_the_language_of_the_request(client, lennon):
    action.send(lennon, "played")
    with translation.override("de"):
        feed = ElementTree.fromstring(client.get(f"/feeds/actor/auth/user/{lennon.pk}/").content)
    assert feed.findtext(f"{ATOM}title") == "Was lennon tut"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"
    with translation.override(None):
        feed = ElementTree.fromstring(client.get("/feeds/model/auth/user/").content)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") is None
