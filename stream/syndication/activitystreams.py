"""ActivityStreams 2.0, https://www.w3.org/TR/activitystreams-core/."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from stream.syndication.cleaning import filled
from stream.syndication.documents import Entry, Feed, Party
from stream.syndication.vocabulary import INTRANSITIVE

CONTENT_TYPE = "application/activity+json"
MEDIA_TYPES = [
    CONTENT_TYPE,
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
]
CONTEXT = "https://www.w3.org/ns/activitystreams"


def write_collection(feed: Feed) -> str:
    """Write a collection with its first page inside, or a page alone."""
    page = {
        "type": "OrderedCollectionPage",
        "id": feed.self_address if feed.is_page else feed.first,
        "partOf": feed.address,
        "next": feed.next,
        "prev": feed.previous,
        "orderedItems": [activity(entry) for entry in feed.entries],
    }
    if feed.is_page:
        return _write({**page, "name": feed.title}, feed.namespace)
    collection = {
        "type": "OrderedCollection",
        "id": feed.address,
        "name": feed.title,
        "url": feed.link,
        "updated": feed.updated.isoformat() if feed.entries else None,
        "first": filled(page),
    }
    return _write(collection, feed.namespace)


def write_activity(entry: Entry, namespace: str) -> str:
    """Write a single action."""
    return _write(activity(entry), namespace)


def activity(entry: Entry) -> dict[str, Any]:
    extension = f"verb:{quote(entry.verb, safe='')}"
    return filled(
        {
            "type": entry.type or ["Activity", extension],
            "id": entry.id,
            "url": entry.url,
            "summary": entry.summary,
            "content": entry.content,
            "published": entry.published.isoformat(),
            "actor": _party(entry.actor),
            "context": entry.context and _party(entry.context),
            **{name: _party(party) for name, party in roles(entry).items() if party},
        }
    )


def roles(entry: Entry) -> dict[str, Party | None]:
    """Return the other parties than the actor, by their properties in ActivityStreams.

    The target of an action is what it is done to. ActivityStreams calls that the object, and its
    target is where the object goes. So a target stays the target only beside an action object.
    """
    if entry.type in INTRANSITIVE:
        name = "location" if entry.type == "Arrive" else "target"
        if entry.target:
            return {name: entry.target, "instrument": entry.action_object}
        return {name: entry.action_object}
    if entry.action_object:
        return {"object": entry.action_object, "target": entry.target}
    return {"object": entry.target}


def _party(party: Party) -> dict[str, Any]:
    if party.is_gone:
        return filled({"type": "Tombstone", "id": party.id, "formerType": party.type})
    return filled({"type": party.type, "id": party.id, "name": party.name, "url": party.url})


def _write(document: dict[str, Any], namespace: str) -> str:
    return json.dumps({"@context": [CONTEXT, {"verb": namespace}], **filled(document)})
