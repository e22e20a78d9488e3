"""The home feed joined when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.paging import Page, get_page
from stream.timelines.base import Timeline

if TYPE_CHECKING:
    from stream.actions.finding import ReadingQuerySet
    from stream.models import Action


class JoinTimeline(Timeline):
    """Joins actions and follows: nothing is stored, and nothing can be out of date."""

    def page_of(
        self,
        stream: ReadingQuerySet,
        size: int = 25,
        after: str | None = None,
        before: str | None = None,
    ) -> Page[Action]:
        return get_page(stream, size, after, before)
