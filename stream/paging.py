"""Keyset pages: cursors that stay right while rows come and go, and no COUNT."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import BadRequest
from django.db.models import Q

if TYPE_CHECKING:
    from stream.arc_model import ArcQuerySet

_Row = TypeVar("_Row")


class InvalidCursor(BadRequest):
    """The cursor was not made by this site. Django's handler answers such a request with 400."""


class Page(Sequence[_Row], Generic[_Row]):
    """Some rows of a stream, newest first, and the cursors of the pages beside it.

    ``next`` leads to older rows, ``previous`` to newer ones; None where there are none.
    """

    def __init__(self, rows: list[_Row], next: str | None, previous: str | None) -> None:
        self.rows = rows
        self.next = next
        self.previous = previous

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __iter__(self) -> Iterator[_Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"<Page of {len(self.rows)}>"


class PageMixin:
    """Give a ``ListView`` of a stream the variable ``page``, by ``?after=`` and ``?before=``.

    Instead of ``paginate_by``. A cursor that is not of this site is answered with status 400.
    """

    page_size = 25
    paginate_by = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        view: Any = self
        cursors = {name: view.request.GET.get(name) or None for name in ("after", "before")}
        if all(cursors.values()):
            raise InvalidCursor("A page is after one cursor or before one.")
        page = view.object_list.page(self.page_size, **cursors)
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]
            object_list=page, page=page, **kwargs
        )
        return context


def get_page(rows: ArcQuerySet[Any], size: int, after: str | None, before: str | None) -> Page[Any]:
    """Return the page after or before a cursor, or the first one, from ``size + 1`` rows."""
    if size < 1:
        raise ValueError(f"page(size={size}): a page has one row at least")
    if after and before:
        raise ValueError("page(after=…, before=…): a page is after one cursor or before one")
    if before:
        when, pk = decode(before)
        newer = Q(datetime__gte=when) & (Q(datetime__gt=when) | Q(pk__gt=pk))
        found = list(rows.filter(newer).order_by("datetime", "pk")[: size + 1])
        if not found:  # nothing is newer: the first page
            return get_page(rows, size, None, None)
        has_more = len(found) > size
        found = found[:size][::-1]
        previous = encode(found[0]) if has_more else None
        return Page(found, encode(found[-1]), previous)
    if after:
        when, pk = decode(after)
        # In this form MariaDB reads the index from the cursor on.
        rows = rows.filter(Q(datetime__lte=when) & (Q(datetime__lt=when) | Q(pk__lt=pk)))
    found = list(rows[: size + 1])
    has_more = len(found) > size
    found = found[:size]
    previous = encode(found[0]) if after and found else None
    return Page(found, encode(found[-1]) if has_more else None, previous)


def encode(row: Any) -> str:
    """Return the cursor of a row: URL-safe, opaque and signed."""
    return _signer().sign_object([row.datetime.isoformat(), row.pk])


def decode(cursor: str) -> tuple[dt.datetime, Any]:
    """Return the time and key of a cursor. Raises InvalidCursor."""
    try:
        when, pk = _signer().unsign_object(cursor)
        return dt.datetime.fromisoformat(when), pk
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidCursor(
            f"page(): {cursor!r:.80} is no cursor of this site; take page.next or page.previous"
        ) from None


def _signer() -> signing.Signer:
    return signing.Signer(salt="stream.paging")
