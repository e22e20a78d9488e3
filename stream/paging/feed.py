"""A feed: anything that has pages for one user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from asgiref.sync import sync_to_async

from stream.paging.pages import Page

if TYPE_CHECKING:
    from django.utils.functional import Promise

_Item = TypeVar("_Item")

CHUNK = 100  # items of a page when a feed is iterated


class Feed(Generic[_Item]):
    """What a user is shown, newest first: actions with their objects, or groups of them.

    ``label`` is what pages call it; if it is empty, they say its name.
    """

    label: ClassVar[str | Promise] = ""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.user}>"

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[_Item]:
        """Return a page. ``after`` and ``before`` take the ``next`` and ``previous`` of another.

        Raises InvalidCursor.
        """
        raise NotImplementedError(f"{type(self).__name__}.page(): return a page")

    async def apage(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[_Item]:
        """Like ``page``."""
        return await sync_to_async(self.page)(size, after, before)

    def __iter__(self) -> Iterator[_Item]:
        """Walk through the feed, with one page of 100 items in memory."""
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
        """Return how many items there are, by one query. Raises TypeError if it cannot."""
        raise TypeError(
            f"{type(self).__name__}.count(): this feed is counted by reading all of it; "
            f"show page.next instead"
        )
