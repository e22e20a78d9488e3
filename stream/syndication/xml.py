"""Atom (RFC 4287) and RSS 2.0, both paged by RFC 5005."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape

from stream.syndication.documents import Feed


class _PagedFeed(SyndicationFeed):
    link_name = "link"

    def latest_post_date(self) -> dt.datetime:
        when: dt.datetime = self.feed["updated"]
        return when

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for rel, href in self.feed["pages"].items():
            if href:
                handler.addQuickElement(self.link_name, None, {"rel": rel, "href": href})


class AtomFeed(_PagedFeed, Atom1Feed):
    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class RssFeed(_PagedFeed, Rss201rev2Feed):
    link_name = "atom:link"


def _generate(generator: type[SyndicationFeed], feed: Feed, **root: Any) -> SyndicationFeed:
    return generator(
        title=root.pop("title", feed.title),
        link=feed.link,
        feed_url=feed.self_address,
        feed_guid=feed.id,
        language=feed.language,
        updated=feed.updated,
        pages={"first": feed.address, "next": feed.next, "previous": feed.previous},
        **root,
    )


def write_atom(feed: Feed) -> str:
    generator = _generate(AtomFeed, feed, description=None)
    for entry in feed.entries:
        generator.add_item(
            title=entry.title,
            link=entry.url or feed.link,
            description=None,  # type: ignore[arg-type]
            content=entry.html,
            unique_id=entry.id,
            pubdate=entry.published,
            updateddate=entry.published,
            author_name=entry.actor_name,
            categories=entry.tags,
            author_link=entry.actor.url or None,
        )
    return generator.writeString("utf-8")


def write_rss(feed: Feed) -> str:
    # Titles are escaped twice, as in Django's feeds: readers of RSS take them for HTML.
    generator = _generate(RssFeed, feed, title=escape(feed.title), description=feed.title)
    for entry in feed.entries:
        generator.add_item(
            title=escape(entry.title),
            link=entry.url or feed.link,
            description=entry.html,
            unique_id=entry.id,
            unique_id_is_permalink=False,
            pubdate=entry.published,
            author_name=entry.actor_name,
            categories=entry.tags,
        )
    return generator.writeString("utf-8")
