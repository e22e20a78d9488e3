"""Keyset pages of what is numbered: the notifications of one recipient."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core import signing

from stream.paging import InvalidCursor, Page

_Row = TypeVar("_Row")


class NumberedPage(Page[_Row]):
    """Notifications or groups of them, newest first."""

    @property
    def first(self) -> str | None:
        return encode(self.rows[0].number) if self.rows else None  # type: ignore[attr-defined]


def get_page(rows: Any, size: int, after: str | None, before: str | None) -> NumberedPage[Any]:
    """Return the page after or before a cursor, or the first one, from ``size + 1`` rows."""
    if size < 1:
        raise ValueError(f"page(size={size}): a page has one row at least")
    if after and before:
        raise ValueError("page(after=…, before=…): a page is after one cursor or before one")
    if before:
        found = list(rows.filter(number__gt=decode(before)).order_by("number")[: size + 1])
        if not found:  # nothing is newer: the first page
            return get_page(rows, size, None, None)
        has_newer, has_older = len(found) > size, True
        found = found[:size][::-1]
    else:
        rows = rows.filter(number__lt=decode(after)) if after else rows
        found = list(rows.order_by("-number")[: size + 1])
        has_newer, has_older = bool(after and found), len(found) > size
        found = found[:size]
    return NumberedPage(
        found,
        encode(found[-1].number) if has_older else None,
        encode(found[0].number) if has_newer else None,
    )


def encode(number: int) -> str:
    """Return the cursor of a notification: URL-safe, opaque and signed."""
    return _signer().sign_object(number)


def decode(cursor: str) -> int:
    """Return the number of a cursor. Raises InvalidCursor."""
    try:
        return int(_signer().unsign_object(cursor))
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidCursor(
            f"page(): {cursor!r:.80} is no cursor of this site; take page.next or page.previous"
        ) from None


def _signer() -> signing.Signer:
    return signing.Signer(salt="stream.notifications.paging")
