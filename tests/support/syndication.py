"""The rules of Atom, RSS and JSON Feed for a document; each reader returns what it says."""

import datetime as dt
import html
import re
from xml.etree import ElementTree

import feedparser

from tests.as2.checker import ABSOLUTE

ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def one(element, name):
    found = element.findall(f"{ATOM}{name}")
    assert len(found) == 1, f"{element.tag} has {len(found)} of {name}"
    return found[0]


def is_atom_part(element):
    assert ABSOLUTE.fullmatch(one(element, "id").text)
    assert RFC3339.fullmatch(one(element, "updated").text)
    one(element, "title")
    for person in element.iterfind(f"{ATOM}author"):
        assert one(person, "name").text
    links = [link.attrib for link in element.iterfind(f"{ATOM}link")]
    assert all(ABSOLUTE.fullmatch(link["href"]) for link in links)
    keys = [(link["rel"], link.get("type"), link.get("hreflang")) for link in links]
    assert len(keys) == len(set(keys))  # RFC 4287 4.1.1: one alternate, and ours have one of each


def read_atom(body):
    """Check a document by RFC 4287 4.1 and return its entries: id, title, HTML, author, time."""
    root = ElementTree.fromstring(body)
    assert root.tag == f"{ATOM}feed"
    is_atom_part(root)
    assert {"self", "alternate"} <= {link.get("rel") for link in root.iterfind(f"{ATOM}link")}
    entries = []
    for entry in root.iterfind(f"{ATOM}entry"):
        is_atom_part(entry)
        content = one(entry, "content")
        assert content.get("type") == "html"
        assert not len(content)  # 4.1.3.3: no elements inside
        assert RFC3339.fullmatch(one(entry, "published").text)
        entries.append(
            {
                "id": one(entry, "id").text,
                "title": one(entry, "title").text,
                "html": content.text,
                "author": one(one(entry, "author"), "name").text,
                "time": dt.datetime.fromisoformat(one(entry, "published").text),
            }
        )
    ids = [entry["id"] for entry in entries]
    assert len(ids) == len(set(ids))
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.bozo_exception
    assert parsed.version == "atom10"
    assert [entry.id for entry in parsed.entries] == ids
    return entries


def read_rss(body):
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.bozo_exception
    assert parsed.version == "rss20"
    channel = ElementTree.fromstring(body).find("channel")
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    entries = []
    for item in channel.iterfind("item"):
        assert item.find("guid").get("isPermaLink") == "false"
        assert ABSOLUTE.fullmatch(item.findtext("link"))
        entries.append(
            {
                "id": item.findtext("guid"),
                "title": html.unescape(item.findtext("title")),  # it is HTML
                "html": item.findtext("description"),
                "author": item.findtext("{http://purl.org/dc/elements/1.1/}creator"),
                "time": dt.datetime.strptime(item.findtext("pubDate"), "%a, %d %b %Y %H:%M:%S %z"),
            }
        )
    assert [entry.id for entry in parsed.entries] == [entry["id"] for entry in entries]
    return entries


def read_json_feed(document):
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(document["title"], str)
    for key in ("home_page_url", "feed_url"):
        assert ABSOLUTE.fullmatch(document[key])
    known = {"version", "title", "home_page_url", "feed_url", "next_url", "language", "items"}
    assert set(document) <= known
    entries = []
    for item in document["items"]:
        known = {"id", "url", "title", "content_html", "date_published", "authors", "tags"}
        assert set(item) <= known
        assert ABSOLUTE.fullmatch(item.get("url", item["id"]))
        assert RFC3339.fullmatch(item["date_published"])
        (author,) = item["authors"]
        entries.append(
            {
                "id": item["id"],
                "title": item["title"],
                "html": item["content_html"],
                "author": author["name"],
                "time": dt.datetime.fromisoformat(item["date_published"]),
            }
        )
    return entries
