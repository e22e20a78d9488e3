"""The timeline by which home feeds are read: joined, or the one that a setting names."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings

from stream.conf import load_subclass
from stream.paging.pages import Page

if TYPE_CHECKING:
    from stream.arc.models import ArcQuerySet

DEFAULT = "stream.timelines.JoinTimeline"


class Timeline:
    """Reads home feeds: the rows of ``user_stream(user)``, in its order."""

    is_stored: ClassVar[bool] = False

    def page(
        self,
        stream: ArcQuerySet[Any],
        size: int = 25,
        after: str | None = None,
        before: str | None = None,
    ) -> Page[Any]:
        """Return a page of a home feed, which may be filtered.

        All timelines return the same rows and cursors. Raises InvalidCursor.
        """
        raise NotImplementedError(f"{type(self).__name__}.page(): return a page of the stream")


class JoinTimeline(Timeline):
    """Joins actions and follows: nothing is stored, and nothing can be out of date."""

    def page(
        self,
        stream: ArcQuerySet[Any],
        size: int = 25,
        after: str | None = None,
        before: str | None = None,
    ) -> Page[Any]:
        return Page.make(stream.beyond, size, after, before)


def get_timeline() -> Timeline:
    """Return the timeline that ``STREAM_TIMELINE`` names, by default ``JoinTimeline``.

    Raises ImproperlyConfigured if that is not a subclass of Timeline.
    """
    return _make(timeline_name())


def timeline_name() -> str:
    """Return ``STREAM_TIMELINE``."""
    name: str = getattr(settings, "STREAM_TIMELINE", DEFAULT)
    return name


@lru_cache(maxsize=8)
def _make(name: str) -> Timeline:
    timeline: Timeline = load_subclass("STREAM_TIMELINE", name, "stream.timelines.Timeline")()
    return timeline
