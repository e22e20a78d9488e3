"""The feeds of a user. Each has the same few methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.groups.feeds import GroupedFeed
from stream.paging import Page
from stream.paging.feed import Feed
from stream.streams import actor_stream, user_stream

if TYPE_CHECKING:
    from stream.actions.finding import ReadingQuerySet
    from stream.models import Action


class UserFeed(Feed["Action"]):
    """What a user does."""

    @property
    def actions(self) -> ReadingQuerySet[Action]:
        """The actions of the feed, as a queryset."""
        return actor_stream(self.user)

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[Action]:
        return self.actions.page(size, after, before)

    def count(self) -> int:
        return self.actions.count()


class TimelineFeed(Feed["Action"]):
    """The home feed: what those do whom a user follows, read where ``STREAM_TIMELINE`` says."""

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[Action]:
        return user_stream(self.user).page(size, after, before)


class AggregatedTimelineFeed(GroupedFeed):
    """The home feed in groups: "ann, bob and 3 others liked photo"."""

    @property
    def actions(self) -> ReadingQuerySet[Action]:
        return user_stream(self.user)
