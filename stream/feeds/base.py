"""The feeds of a user. Each has the same few methods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from asgiref.sync import sync_to_async

from stream.arc.names import object_name
from stream.groups.group import Group
from stream.groups.keys import GroupBy, Part, name_of
from stream.groups.pages import Aggregation, GroupPage
from stream.paging import Page
from stream.streams import actor_stream, user_stream
from stream.timelines import get_timeline

if TYPE_CHECKING:
    from stream.actions.finding import ReadingQuerySet
    from stream.models import Action

_Item = TypeVar("_Item")

CHUNK = 100  # items of a page, where a feed is walked through


class Feed(Generic[_Item]):
    """What a user is shown, newest first: actions with their objects, or groups of them."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {object_name(self.user)}>"

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[_Item]:
        """Return a page. ``after`` and ``before`` take the ``next`` and ``previous`` of another.

        Raises InvalidCursor.
        """
        raise NotImplementedError

    async def apage(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[_Item]:
        """Like ``page``."""
        return await sync_to_async(self.page)(size, after, before)

    def __iter__(self) -> Iterator[_Item]:
        """Walk through the feed, of which no more than one page of 100 is in memory."""
        page = self.page(CHUNK)
        yield from page
        while page.next:
            page = self.page(CHUNK, after=page.next)
            yield from page

    async def __aiter__(self) -> AsyncIterator[_Item]:
        page = await self.apage(CHUNK)
        for item in page:
            yield item
        while page.next:
            page = await self.apage(CHUNK, after=page.next)
            for item in page:
                yield item

    def count(self) -> int:
        """Return how many there are: one query. Raises TypeError where it would read them all."""
        raise TypeError(
            f"{type(self).__name__}.count(): this feed is counted by reading all of it; "
            f"show page.next instead"
        )


class UserFeed(Feed["Action"]):
    """What a user does."""

    @property
    def actions(self) -> ReadingQuerySet:
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
        return get_timeline().page(self.user, size, after, before)


class GroupedFeed(Feed[Group]):
    """Actions in groups, the group with the newest action first.

    Subclasses say which actions, how they are grouped (by names, or a method of an action), how
    many of the newest actions and actors a group has at hand, and among how many actions of the
    feed those of a group are counted.
    """

    group_by: Any = ("verb", "object", "day")
    most_actions: int = 5
    most_actors: int = 5
    most_rows: int = 1000

    @property
    def actions(self) -> ReadingQuerySet:
        """The actions that are grouped."""
        raise NotImplementedError

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> GroupPage:
        """Return a page of groups; ``is_exact`` says which are counted to their end.

        A query for the first 100 actions, few more where the page needs up to three times
        ``most_rows``, and one for each model of the objects.
        """
        by = GroupBy(self.group_by) if callable(self.group_by) else GroupBy(*self.group_by)
        aggregation = Aggregation(
            self.actions, by, self.most_actions, self.most_actors, self.most_rows
        )
        return aggregation.page(size, after, before)


class AggregatedTimelineFeed(GroupedFeed):
    """The home feed in groups: "ann, bob and 3 others liked photo"."""

    @property
    def actions(self) -> ReadingQuerySet:
        return user_stream(self.user)


class AggregatedFeed(GroupedFeed):
    """Any actions in groups; ``actions.grouped()`` makes one."""

    def __init__(
        self, actions: ReadingQuerySet, *group_by: Part, most_rows: int | None = None
    ) -> None:
        if actions.query.is_sliced:
            raise TypeError("grouped(): a slice has no groups; group all, and take a page of them")
        super().__init__(None)
        self._actions = actions
        if group_by:
            self.group_by = group_by
        if most_rows is not None:
            if not isinstance(most_rows, int) or most_rows < 1:
                raise ValueError(
                    f"grouped(most_rows={most_rows!r:.80}): write how many actions are read "
                    f"at the most, such as 1000"
                )
            self.most_rows = most_rows
        GroupBy(*self.group_by)  # raises ValueError

    def __repr__(self) -> str:
        return f"<AggregatedFeed by {', '.join(map(name_of, self.group_by))}>"

    @property
    def actions(self) -> ReadingQuerySet:
        return self._actions
