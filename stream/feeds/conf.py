"""The settings of feeds, read live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from stream.feeds.base import Feed

if TYPE_CHECKING:
    from stream.feeds.manager import FeedManager

DEFAULT_MANAGER = "stream.feeds.FeedManager"
DEFAULT_NEWS_FEEDS = {
    "timeline": "stream.feeds.TimelineFeed",
    "timeline_aggregated": "stream.feeds.AggregatedTimelineFeed",
}
OWN_NAMES = ("user", "notification")  # of the feeds that are no news feeds
POLICIES = ("ignore", "placeholder", "raise")


def feed_manager_class() -> type[FeedManager]:
    """Return the class that ``STREAM_FEED_MANAGER_CLASS`` names. Raises ImproperlyConfigured."""
    from stream.feeds.manager import FeedManager

    name = getattr(settings, "STREAM_FEED_MANAGER_CLASS", DEFAULT_MANAGER)
    manager: type[FeedManager] = _load("STREAM_FEED_MANAGER_CLASS", name, FeedManager)
    return manager


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
    return {name: _load(f"STREAM_NEWS_FEEDS[{name!r}]", feeds[name], Feed) for name in feeds}


def missing_data_policy() -> str:
    """Return ``STREAM_MISSING_DATA_POLICY``. Raises ImproperlyConfigured."""
    policy: str = getattr(settings, "STREAM_MISSING_DATA_POLICY", "ignore")
    if policy not in POLICIES:
        raise ImproperlyConfigured(
            f"STREAM_MISSING_DATA_POLICY = {policy!r:.80}: write one of "
            f"{', '.join(map(repr, POLICIES))}."
        )
    return policy


def _load(setting: str, name: Any, base: type[Any]) -> Any:
    try:
        found = import_string(name)
    except (ImportError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(f"{setting} = {name!r}: {error}; name a class.") from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ImproperlyConfigured(
            f"{setting} = {name!r}: name a subclass of stream.feeds.{base.__name__}."
        )
    return found


def check(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with these settings."""
    messages: list[CheckMessage] = []
    readers = {
        "stream.E020": feed_manager_class,
        "stream.E021": news_feed_classes,
        "stream.E022": missing_data_policy,
    }
    for check_id, read in readers.items():
        try:
            read()
        except ImproperlyConfigured as error:
            messages.append(Error(str(error), id=check_id))
    return messages
