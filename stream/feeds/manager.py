"""The feed manager, which gives the feeds of users."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from stream.conf import load_subclass
from stream.feeds.base import UserFeed
from stream.feeds.conf import DEFAULT_MANAGER, OWN_NAMES, news_feed_classes
from stream.following import follow_utils
from stream.paging.feed import Feed


class FeedManager:
    """Gives the feeds of users, and makes users follow.

    ``STREAM_FEED_MANAGER_CLASS`` names a subclass to use instead.
    """

    def get_user_feed(self, user: Any) -> Feed[Any]:
        """Return the feed of what a user does."""
        return UserFeed(user)

    def get_news_feeds(self, user: Any) -> dict[str, Feed[Any]]:
        """Return the feeds of what a user follows, by the names in ``STREAM_NEWS_FEEDS``."""
        return {name: feed(user) for name, feed in news_feed_classes().items()}

    def get_notification_feed(self, user: Any) -> Feed[Any]:
        """Return the notifications of a user. Raises ImproperlyConfigured without their app."""
        if not apps.is_installed("stream.notifications"):
            raise ImproperlyConfigured(
                "feed_manager.get_notification_feed(): nobody is notified yet; "
                "add 'stream.notifications' to INSTALLED_APPS."
            )
        feed: Feed[Any] = import_module("stream.notifications.feed").NotificationFeed(user)
        return feed

    def get_feed(self, name: str, user: Any) -> Feed[Any]:
        """Return a feed by its name: "user", "notification" or that of a news feed.

        Raises LookupError for any other.
        """
        if name == "user":
            return self.get_user_feed(user)
        if name == "notification":
            return self.get_notification_feed(user)
        feeds = self.get_news_feeds(user)
        if name not in feeds:
            known = ", ".join(map(repr, [*OWN_NAMES, *feeds]))
            raise LookupError(
                f"feed_manager.get_feed({name!r:.80}): there is no such feed; write one of {known}"
            )
        return feeds[name]

    def follow_user(self, user: Any, target: Model, **options: Any) -> Any:
        """Make a user follow another, or any registered object; return the follow.

        ``options`` are those of ``follow.utils.follow``. Raises ImproperlyConfigured without the
        app ``follow``.
        """
        return follow_utils("feed_manager.follow_user()").follow(user, target, **options)

    def unfollow_user(self, user: Any, target: Model, **options: Any) -> Any:
        """Make a user follow an object no longer; return the follow as it was, or None."""
        return follow_utils("feed_manager.unfollow_user()").unfollow(user, target, **options)


def feed_manager_class() -> type[FeedManager]:
    """Return the class that ``STREAM_FEED_MANAGER_CLASS`` names. Raises ImproperlyConfigured."""
    name = getattr(settings, "STREAM_FEED_MANAGER_CLASS", DEFAULT_MANAGER)
    manager: type[FeedManager] = load_subclass("STREAM_FEED_MANAGER_CLASS", name, DEFAULT_MANAGER)
    return manager


class _ChosenManager:
    """Stands for an instance of the class that the setting names now."""

    def __getattr__(self, name: str) -> Any:
        return getattr(feed_manager_class()(), name)

    def __repr__(self) -> str:
        return f"<feed_manager: {feed_manager_class().__qualname__}>"


if TYPE_CHECKING:
    feed_manager = FeedManager()
else:
    feed_manager = _ChosenManager()
