"""What every timeline can do, and the one that a site has chosen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from stream.streams import user_stream

if TYPE_CHECKING:
    from stream.actions.finding import ReadingQuerySet
    from stream.models import Action
    from stream.paging import Page

DEFAULT = "stream.timelines.JoinTimeline"


class Timeline:
    """Reads home feeds: the rows of ``user_stream(user)``, in its order."""

    is_stored: ClassVar[bool] = False

    def page(
        self, user: Any, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[Action]:
        """Return a page of a user's home feed, newest first, with the objects of its actions.

        Raises InvalidCursor.
        """
        return self.page_of(user_stream(user), size, after, before)

    def page_of(
        self,
        stream: ReadingQuerySet,
        size: int = 25,
        after: str | None = None,
        before: str | None = None,
    ) -> Page[Action]:
        """Return a page of a home feed, which may be filtered: what ``stream.page()`` returns.

        The cursors are the same for all timelines. Raises InvalidCursor.
        """
        raise NotImplementedError


def get_timeline() -> Timeline:
    """Return the timeline that ``STREAM_TIMELINE`` names, by default ``JoinTimeline``.

    Raises ImproperlyConfigured for what is no subclass of Timeline.
    """
    return _make(timeline_name())


def timeline_name() -> str:
    """Return ``STREAM_TIMELINE``."""
    name: str = getattr(settings, "STREAM_TIMELINE", DEFAULT)
    return name


@lru_cache(maxsize=8)
def _make(name: str) -> Timeline:
    timeline = import_string(name) if isinstance(name, str) else name
    if not (isinstance(timeline, type) and issubclass(timeline, Timeline)):
        raise ImproperlyConfigured(
            f"STREAM_TIMELINE = {name!r}: name a subclass of stream.timelines.Timeline."
        )
    return timeline()
