"""Keyset pages: cursors that stay right while rows come and go, and no COUNT."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.core import signing
from django.core.exceptions import BadRequest

from stream.paging.sealing import seal, unseal

_Row = TypeVar("_Row")

Position = tuple[Any, Any]  # the time and key of a row
Fetch = Callable[[Any, bool, int], Sequence[Any]]  # place, newer, limit


class InvalidCursor(BadRequest):
    """The cursor was not made by this site. Django's handler answers such a request with 400."""


class Page(Sequence[_Row], Generic[_Row]):
    """Some rows of a stream, newest first, and the cursors of the pages beside it.

    ``next`` leads to older rows, ``previous`` to newer ones; None where there are none. A place is
    what a cursor holds of a row: here its time and key. Pages in another order have another place.
    """

    salt: ClassVar[str] = "stream.paging"  # no cursor is taken for one of another kind

    def __init__(self, rows: list[_Row], next: str | None, previous: str | None) -> None:
        self.rows = rows
        self.next = next
        self.previous = previous

    @property
    def first(self) -> str | None:
        """The cursor of the first row; None where there are no rows."""
        return self.encode(self.rows[0]) if self.rows else None

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __iter__(self) -> Iterator[_Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"<Page of {len(self.rows)}>"

    @classmethod
    def make(cls, fetch: Fetch, size: int, after: str | None, before: str | None) -> Self:
        """Return the page after or before a cursor, or the first one.

        ``fetch(place, newer, limit)`` is asked for ``size + 1`` rows older than a place, the newest
        first, or newer ones, the oldest first; without a place for the newest of all. What it
        returns may have ``reached`` if there are more rows than it has found; see ``Beyond``.
        """
        check_page(size, after, before)
        cursor = before or after
        found = fetch(cls.decode(cursor) if cursor else None, bool(before), size + 1)
        reached = getattr(found, "reached", None)
        if before and not found and not reached:  # nothing is newer: the first page
            return cls.make(fetch, size, None, None)
        rows, has_more = list(found[:size]), len(found) > size
        beyond = cls.encode(rows[-1]) if has_more else reached and cls.encode(Reached(reached))
        back = cls.encode(rows[0]) if rows and cursor else None
        if before:
            return cls(rows[::-1], back, beyond)
        return cls(rows, beyond, back)

    @classmethod
    def encode(cls, row: Any) -> str:
        """Return the cursor of a row: URL-safe and sealed, for the row may be a hidden one."""
        return seal(cls.place_of(row), cls.salt)

    @classmethod
    def decode(cls, cursor: str) -> Any:
        """Return the place of a cursor. Raises InvalidCursor, also for one of another kind."""
        try:
            return cls.read_place(unseal(cursor, cls.salt))
        except (ValueError, TypeError, signing.BadSignature):
            raise InvalidCursor(
                f"page(): {cursor!r:.80} is no cursor of this site; take page.next or page.previous"
            ) from None

    @classmethod
    def place_of(cls, row: Any) -> Any:
        """Return the place of a row in the order, as JSON can hold it."""
        return [row.datetime.isoformat(), row.pk]

    @classmethod
    def read_place(cls, value: Any) -> Any:
        """Return the place that ``place_of`` has written. Raises TypeError or ValueError."""
        when, pk = value
        return dt.datetime.fromisoformat(when), pk


class Beyond(list[Any]):
    """Rows beyond a position. ``reached`` is the position up to which was read; None at the end."""

    def __init__(
        self, rows: Sequence[Any], limit: int | None, reached: Position | None = None
    ) -> None:
        super().__init__(rows)
        self.reached = reached
        if reached is None and len(rows) == limit:
            self.reached = rows[-1].datetime, rows[-1].pk


class Reached:
    """Stands for the row at a position when a cursor is made: no page may have that row."""

    def __init__(self, position: Position) -> None:
        self.datetime, self.pk = position


def check_page(size: int, after: str | None, before: str | None) -> None:
    """Raise TypeError or ValueError for what is asked of no page."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"page(size={size!r:.80}): write a whole number of rows")
    if size < 1:
        raise ValueError(f"page(size={size}): a page has one row at least")
    if after and before:
        raise ValueError("page(after=…, before=…): a page is after one cursor or before one")
