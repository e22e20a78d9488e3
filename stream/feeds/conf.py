"""The settings of feeds, read live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from stream.paging.feed import Feed

DEFAULT_MANAGER = "stream.feeds.FeedManager"
DEFAULT_NEWS_FEEDS = {
    "timeline": "stream.feeds.TimelineFeed",
    "timeline_aggregated": "stream.feeds.AggregatedTimelineFeed",
}
OWN_NAMES = ("user", "notification")  # of the feeds that are no news feeds
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
        name: load_subclass(f"STREAM_NEWS_FEEDS[{name!r}]", feeds[name], Feed) for name in feeds
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


def load_subclass(setting: str, name: Any, base: type[Any]) -> Any:
    try:
        found = import_string(name)
    except (ImportError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(f"{setting} = {name!r}: {error}; name a class.") from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ImproperlyConfigured(
            f"{setting} = {name!r}: name a subclass of stream.feeds.{base.__name__}."
        )
    return found
