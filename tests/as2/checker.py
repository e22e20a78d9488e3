"""The rules of ActivityStreams 2.0 for a document, and JSON-LD expansion without a network."""

import json
import re
from pathlib import Path

from pyld import jsonld

# W3C's own documents, where they lie beside the checkout; see the README there.
SHARED = Path(__file__).resolve().parents[3] / "shared" / "as2"
CONTEXT = re.compile(r"https?://www\.w3\.org/ns/activitystreams#?")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)

TEXTS = {"name", "summary", "content"}
DATES = {"published", "updated", "startTime", "endTime", "deleted"}
LINKS = {
    *("actor", "object", "target", "origin", "result", "instrument", "location", "url"),
    *("first", "last", "next", "prev", "current", "partOf", "items", "orderedItems"),
    *("attachment", "attributedTo", "audience", "bcc", "bto", "cc", "to", "context", "describes"),
    *("generator", "icon", "image", "inReplyTo", "oneOf", "anyOf", "preview", "replies", "tag"),
    "subject",
}
PAGES = {"first", "last", "next", "prev", "current"}
INTRANSITIVE = {"Arrive", "Travel", "Question", "IntransitiveActivity"}


def many(value):
    return value if isinstance(value, list) else [value]


def types(node):
    return set(many(node.get("type", node.get("@type", []))))


def problems(document):
    """Yield what is wrong with a document, for the rules that hold for all documents."""
    if not isinstance(document, dict):
        yield "the top is no object"
        return
    if "@context" in document:
        yield from context_problems(document["@context"])
    yield from node_problems(document)


def context_problems(context):
    parts = many(context)
    if not all(isinstance(part, str | dict) for part in parts):
        yield "@context holds neither addresses nor objects"
    elif not any(isinstance(part, str) and CONTEXT.fullmatch(part) for part in parts):
        yield "@context does not name that of ActivityStreams"


def node_problems(node):
    if not all(isinstance(each, str) for each in many(node.get("type", []))):
        yield "type is no text"
        return
    for key, value in node.items():
        if key in TEXTS and not all(isinstance(each, str | dict) for each in many(value)):
            yield f"{key} is no text"
        if key.removesuffix("Map") in TEXTS and key.endswith("Map") and not isinstance(value, dict):
            yield f"{key} is no map of languages"
        if key in DATES and not (isinstance(value, str) and DATE.fullmatch(value)):
            yield f"{key} is no time"
        if key in LINKS:
            yield from link_problems(key, value)
    if "OrderedCollection" in types(node) and "items" in node:
        yield "an OrderedCollection has orderedItems"
    if INTRANSITIVE & types(node) and "object" in node:
        yield "an intransitive activity has no object"


def link_problems(key, value):
    for each in many(value):
        if isinstance(each, dict):
            if key in PAGES and not types(each) & {
                "CollectionPage",
                "OrderedCollectionPage",
                "Link",
            }:
                yield f"{key} is no page"
            yield from node_problems(each)
        elif not isinstance(each, str):
            yield f"{key} is neither an address nor an object"


def load(address, options=None):
    """Load the context of ActivityStreams, and nothing else."""
    assert CONTEXT.fullmatch(address), address
    document = json.loads((SHARED / "context.jsonld").read_text(encoding="utf-8"))
    return {"contextUrl": None, "documentUrl": address, "document": document}


def expand(document):
    """Return the expanded document. Whatever has no IRI in the context is left out of it."""
    return jsonld.expand(document, {"documentLoader": load, "expandContext": None})
