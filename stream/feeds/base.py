"""The feeds of a user, which all have the methods of ``Feed``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from stream.groups.feeds import GroupedFeed
from stream.paging import Page
from stream.paging.feed import Feed
from stream.streams import actor_stream, user_stream

if TYPE_CHECKING:
    from stream.actions.finding import ReadingQuerySet
    from stream.models import Action


class UserFeed(Feed["Action"]):
    """The actions of a user, without objects that are hidden from the user."""

    @property
    def actions(self) -> ReadingQuerySet[Action]:
        """The actions of the feed, as a queryset."""
        return actor_stream(self.user).guarded_for(self.user)

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[Action]:
        return self.actions.page(size, after, before)

    def count(self) -> int:
        return self.actions.count()


class TimelineFeed(Feed["Action"]):
    """The home feed: actions of what a user follows, read where ``STREAM_TIMELINE`` says."""

    label = _("By action")

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[Action]:
        return user_stream(self.user).page(size, after, before)

    def count_newer(self, cursor: str | None, most: int) -> int:
        """Count the actions newer than a cursor, up to ``most``."""
        return user_stream(self.user).count_newer(cursor, most)


class AggregatedTimelineFeed(GroupedFeed):
    """The home feed in groups: "ann, bob and 3 others liked photo"."""

    @property
    def actions(self) -> ReadingQuerySet[Action]:
        return user_stream(self.user)
