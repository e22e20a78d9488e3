"""What the documents say, and that others' tools read the same in each; hostile text too."""

import datetime as dt
import json
import re

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from django.utils.html import strip_tags
from hypothesis import HealthCheck, example, given, settings, strategies as st

from stream.models import Action
from stream.paging import Page
from stream.syndication.activitystreams import write_collection
from stream.syndication.cleaning import clean, one_line
from stream.syndication.documents import make_feed
from stream.syndication.json_feed import write_json
from stream.syndication.xml import write_atom, write_rss
from stream.utils import action
from tests.as2.checker import problems
from tests.early.models import Band
from tests.support.syndication import read_atom, read_json_feed, read_rss
from tests.testapp.models import Crew, Song

MOMENT = dt.datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=dt.UTC)


def read_activities(document):
    assert not list(problems(document))
    return [
        {
            "id": item["id"],
            "html": f"<p>{item['summary']}</p>{item.get('content', '')}",
            "author": item["actor"].get("name"),
            "time": dt.datetime.fromisoformat(item["published"]),
        }
        for item in document["first"]["orderedItems"]
    ]


def read_all(feed):
    return {
        "atom": read_atom(write_atom(feed)),
        "rss": read_rss(write_rss(feed).encode()),
        "json": read_json_feed(json.loads(write_json(feed))),
        "activity": read_activities(json.loads(write_collection(feed))),
    }


@pytest.fixture
def as_feed(rf):
    def make(*actions, title="A feed", path="/"):
        base = "http://testserver/"
        page = Page(list(actions), None, None)
        about = {"id": base, "link": base, "address": f"{base}feed/"}
        return make_feed(rf.get(path), page, title=title, **about)

    return make


@pytest.mark.django_db
def test_all_formats_say_the_same(as_feed, lennon):
    band = Band.objects.create(name="The <b>Quarrymen</b>")
    sent = action.send(lennon, "founded", band, description="At\n\nschool & <i>so</i>")
    sent.datetime = MOMENT
    html = (
        "<p>lennon founded "
        f'<a href="http://testserver/bands/{band.pk}/">The &lt;b&gt;Quarrymen&lt;/b&gt;</a></p>'
        "<p>At</p>\n\n<p>school &amp; &lt;i&gt;so&lt;/i&gt;</p>"
    )
    for name, (entry,) in read_all(as_feed(sent)).items():
        assert entry.pop("title", "lennon founded The <b>Quarrymen</b>") == (
            "lennon founded The <b>Quarrymen</b>"
        ), name
        assert entry == {
            "id": f"tag:testserver,2026:stream/action/{sent.pk}",
            "html": html,
            "author": "lennon",
            "time": MOMENT.replace(microsecond=0) if name == "rss" else MOMENT,
        }, name


@pytest.mark.django_db
def test_an_entry_links_to_its_page(as_feed, lennon):
    sent = action.send(lennon, "played")
    url = f"http://testserver/stream/action/{sent.pk}/"
    feed = as_feed(sent)
    assert f'<link href="{url}" rel="alternate"/>' in write_atom(feed)
    assert f"<link>{url}</link>" in write_rss(feed)
    assert json.loads(write_json(feed))["items"][0]["url"] == url
    assert json.loads(write_collection(feed))["first"]["orderedItems"][0]["url"] == url


@pytest.mark.django_db
@pytest.mark.urls("tests.support.urls_feeds_alone")
def test_ids_are_the_same_where_the_pages_are_not_included(client, lennon):
    sent = action.send(lennon, "played")
    path = f"/feeds/object/auth/user/{lennon.pk}/"
    tag = f"tag:testserver,2026:stream/action/{sent.pk}"
    assert read_atom(client.get(f"{path}atom/").content)[0]["id"] == tag
    assert read_rss(client.get(f"{path}rss/").content)[0]["id"] == tag
    item = client.get(f"{path}json/").json()["items"][0]
    assert (item["id"], "url" in item) == (tag, False)
    activity = client.get(f"{path}activity/").json()["first"]["orderedItems"][0]
    assert (activity["id"], "url" in activity) == (tag, False)


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_ids_do_not_depend_on_scheme_and_port(client, lennon, scheme):
    action.send(lennon, "played")
    response = client.get(
        "/feeds/model/auth/user/",
        secure=scheme == "https",
        headers={"host": "testserver:8000"},
    )
    (entry,) = read_atom(response.content)
    assert entry["id"].startswith("tag:testserver,2026:stream/action/")


def test_an_empty_feed_is_valid_and_steady(as_feed):
    feed = as_feed()
    assert read_all(feed) == {"atom": [], "rss": [], "json": [], "activity": []}
    assert "<updated>1970-01-01T00:00:00+00:00</updated>" in write_atom(feed)
    assert "Thu, 01 Jan 1970 00:00:00 +0000" in write_rss(feed)


@pytest.mark.django_db
def test_an_unknown_actor_is_someone(as_feed):
    crew = Crew.objects.create(name="x")
    sent = action.send(crew, "packed")
    crew.delete()
    for entries in read_all(as_feed(Action.objects.get(pk=sent.pk))).values():
        assert entries[0]["html"] == "<p>someone packed</p>"
        assert entries[0]["author"] in ("someone", None)


@pytest.mark.django_db
def test_nameless_objects_are_called_by_their_key(as_feed, lennon):
    song = Song.objects.create(title=" \t")
    feed = as_feed(action.send(lennon, "played", song))
    assert read_all(feed)["atom"][0]["title"] == f"lennon played song {song.pk}"


@pytest.mark.django_db
def test_naive_times_are_those_of_the_site(as_feed, lennon, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    sent = Action(pk=1, actor=lennon, verb="x", datetime=dt.datetime(2026, 1, 1, 12))
    (entry,) = read_all(as_feed(sent))["atom"]
    assert entry["time"] == dt.datetime(2026, 1, 1, 11, tzinfo=dt.UTC)


# Hostile text

NASTY = [
    "\x00\x01\x0b\x0c\x1f\x7f\x85",
    "\ud800 \udfff lone",
    "]]>&amp;&#0;<![CDATA[",
    "</title><script>alert(1)</script>",
    "\u202e\u200f\u2067rtl\u2069",
    "👩‍👩‍👧‍👦 ́",
    "\ufffe\uffff\U0001ffff",
    "{actor} {0} %s %(name)s",
    " \r\n\t\u2028 ",
    "x" * 10_000,
    "'\"><a href=javascript:x>",
]
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(), max_size=60),  # lone surrogates and control characters too
    st.text(st.sampled_from("<>&;]'\"{}%\x00\x0c\r\n\u202e\ud83d\ude00 a"), max_size=40),
)


def named(model, field, name, pk):
    """Return an object that no database has to hold."""
    obj = model(pk=pk, **{field: name})
    obj._state.adding, obj._state.db = False, "default"
    return obj


def as_read(html):
    """Return the text of some HTML, as a browser reads it: one space for any."""
    import html as entities

    return " ".join(entities.unescape(strip_tags(html)).split())


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.tuples(TEXT, TEXT, TEXT), verb=TEXT, description=TEXT, title=TEXT)
@example(names=(NASTY[0], NASTY[1], NASTY[2]), verb=NASTY[7], description=NASTY[3], title=NASTY[6])
@example(names=(NASTY[9], NASTY[4], NASTY[5]), verb=NASTY[1], description=NASTY[8], title=NASTY[0])
def test_hostile_text_reads_the_same_in_each_format(as_feed, names, verb, description, title):
    who, what, where = names
    who = who.replace("@", "at")  # a user name that is an e-mail address is not shown
    sent = Action(pk=7, verb=verb, description=description, datetime=MOMENT)
    sent.actor = named(User, "username", who, 1)
    sent.action_object = named(Song, "title", what, "0" * 32)
    sent.target = named(Group, "name", where, 3)
    feed = as_feed(sent, title=f"Feed {title}")
    found = {name: entries[0] for name, entries in read_all(feed).items()}

    shown = [
        one_line(who) or "user 1",
        one_line(verb),
        one_line(what) or f"song {'0' * 32}",
        f"({one_line(where) or 'group 3'})",
    ]
    title = " ".join(" ".join(shown).split())
    for name, entry in found.items():
        assert entry["id"] == "tag:testserver,2026:stream/action/7"
        assert entry["author"] == shown[0], name
        assert entry["html"] == found["atom"]["html"], name
        assert "title" not in entry or " ".join(entry["title"].split()) == title, name
        assert not re.search("<(?!/?p>|br>)", entry["html"])  # no markup but our own
        assert "<script" not in entry["html"]
        assert as_read(entry["html"]).startswith(title[:50].rstrip())
    for text in (write_atom(feed), write_rss(feed), write_json(feed), write_collection(feed)):
        assert text.encode()  # no surrogates


@given(TEXT)
def test_clean_text_is_what_xml_may_hold(text):
    from xml.etree import ElementTree
    from xml.sax.saxutils import escape

    cleaned = clean(text)
    assert ElementTree.fromstring(f"<a>{escape(cleaned)}</a>").text in (cleaned, None)
    assert clean(cleaned) == cleaned
    assert "\n" not in one_line(text)


# Odd requests


@pytest.mark.django_db
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    accept=st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80),
        st.text(st.sampled_from('application/activity+json*;,q=.01 "nax'), max_size=60),
        st.sampled_from(["a/b;q=nan", "*/*;q=-1", ";", ",", "/", "application/", '"', "a/b;q=inf"]),
    ),
    key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
    name=st.sampled_from(["", "atom/", "rss/", "json/", "activity/", "x/"]),
    kind=st.sampled_from(["object", "actor", "model", "home", "token"]),
    model=st.sampled_from(["auth/user", "testapp/song", "testapp/tag", "early/band", "a/b"]),
    query=st.dictionaries(st.sampled_from(["after", "before", "page"]), TEXT, max_size=2),
)
def test_no_request_is_a_server_error(client, accept, key, name, kind, model, query):
    from urllib.parse import quote

    key = quote(key, safe="")
    path = {
        "model": f"{model}/",
        "home": f"{key}/",
        "token": "",
    }.get(kind, f"{model}/{key}/")
    query = {name: text.encode("utf-8", "replace") for name, text in query.items()}
    response = client.get(f"/feeds/{kind}/{path}{name}", query, headers={"Accept": accept})
    assert response.status_code in (200, 302, 400, 404)


@pytest.mark.django_db
def test_times_at_the_ends_of_the_calendar(as_feed, lennon):
    for when in (dt.datetime(1, 1, 2, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, tzinfo=dt.UTC)):
        sent = Action(pk=7, actor=lennon, verb="x", datetime=when)  # as other programs wrote it
        for entries in read_all(as_feed(sent)).values():
            assert entries[0]["time"] == when
    assert timezone.now() < when
