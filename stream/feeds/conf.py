"""The settings of feeds, read live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from stream.conf import load_subclass
from stream.paging.feed import Feed

DEFAULT_MANAGER = "stream.feeds.FeedManager"
DEFAULT_NEWS_FEEDS = {
    "timeline": "stream.feeds.TimelineFeed",
    "timeline_aggregated": "stream.feeds.AggregatedTimelineFeed",
}
OWN_NAMES = ("user", "notification")  # of the feeds that are not news feeds
POLICIES = ("ignore", "placeholder", "raise")


def news_feed_classes() -> dict[str, type[Feed[Any]]]:
    """Return ``STREAM_NEWS_FEEDS``: names and their classes. Raises ImproperlyConfigured."""
    feeds = getattr(settings, "STREAM_NEWS_FEEDS", DEFAULT_NEWS_FEEDS)
    if not isinstance(feeds, Mapping):
        raise ImproperlyConfigured(
            f"STREAM_NEWS_FEEDS = {feeds!r:.80}: write a dict of names and classes of feeds."
        )
    for name in OWN_NAMES:
        if name in feeds:
            raise ImproperlyConfigured(
                f"STREAM_NEWS_FEEDS[{name!r}]: this name is another feed's; choose another."
            )
    return {
        name: load_subclass(f"STREAM_NEWS_FEEDS[{name!r}]", value, "stream.feeds.Feed")
        for name, value in feeds.items()
    }


def missing_data_policy() -> str:
    """Return ``STREAM_MISSING_DATA_POLICY``. Raises ImproperlyConfigured."""
    policy: str = getattr(settings, "STREAM_MISSING_DATA_POLICY", "ignore")
    if policy not in POLICIES:
        raise ImproperlyConfigured(
            f"STREAM_MISSING_DATA_POLICY = {policy!r:.80}: write one of "
            f"{', '.join(map(repr, POLICIES))}."
        )
    return policy
