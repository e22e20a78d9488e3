"""The home feed joined when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.streams import user_stream
from stream.timelines.base import Timeline

if TYPE_CHECKING:
    from stream.models import Action
    from stream.paging import Page


class JoinTimeline(Timeline):
    """Joins actions and follows: nothing is stored, and nothing can be out of date."""

    def page(
        self, user: Any, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[Action]:
        return user_stream(user).page(size, after, before)
