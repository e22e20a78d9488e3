"""Sources: what a stream asks the database for its reader."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

NEW_COUNTED = 100  # at most


class Source:
    """Says what is new for a user since a position, in numbers alone: no event holds a text."""

    name = ""

    def begin(self, user: Any) -> tuple[Any, dict[str, int] | None]:
        """Return the position of now, as JSON can hold it, and what to tell at first, if any."""
        raise NotImplementedError(f"{type(self).__name__}.begin(): return the position of now")

    def news(self, user: Any, position: Any) -> tuple[Any, dict[str, int] | None]:
        """Return the next position, and what is new since this one; None for nothing."""
        raise NotImplementedError(f"{type(self).__name__}.news(): return the next position")


#: The sources of each stream, by their names. Apps add theirs in ``ready()``.
SOURCES: dict[str, Source] = {}


@dataclass(frozen=True, slots=True)
class Waiters:
    """Finds who a kind of hint concerns: which of these users, by the keys that it names.

    It may name more, but no fewer, than have news in the source.
    """

    source: str
    users: Callable[[Collection[str], Collection[str]], set[str]]


#: The kinds of hints that name no users, with what finds these.
WAITERS: dict[str, Waiters] = {}
