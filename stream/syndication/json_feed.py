"""JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

import json
from typing import Any

from stream.syndication.cleaning import filled
from stream.syndication.documents import Entry, Feed


def write_json(feed: Feed) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.link,
        "feed_url": feed.self_address,
        "next_url": feed.next,
        "language": feed.language,
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(filled(document))


def _item(entry: Entry) -> dict[str, Any]:
    author = {"name": entry.actor_name, "url": entry.actor.url}
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "date_published": entry.published.isoformat(),
        "authors": [filled(author)],
        "tags": list(entry.tags) or None,
    }
    return filled(item)
