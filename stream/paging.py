"""Keyset pages: cursors that stay right while rows come and go, and no COUNT."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from django.conf import settings
from django.core import signing
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

__all__ = ["InvalidCursor", "Page", "PageMixin"]

_Row = TypeVar("_Row")

CURSORS = ("after", "before")
CODE_BYTES = 16

Position = tuple[Any, Any]  # the time and key of a row
Fetch = Callable[[Any, bool, int], Sequence[Any]]  # of a place, whether newer, and how many


class InvalidCursor(BadRequest):
    """The cursor was not made by this site. Django's handler answers such a request with 400."""


class Page(Sequence[_Row], Generic[_Row]):
    """Some rows of a stream, newest first, and the cursors of the pages beside it.

    ``next`` leads to older rows, ``previous`` to newer ones; None where there are none. Pages of
    rows that have another order name another place.
    """

    salt: ClassVar[str] = "stream.paging"  # so that no cursor is taken for one of another kind

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


def seal(value: Any, salt: str) -> str:
    """Return JSON that nobody reads and forges without ``SECRET_KEY``; always the same for a value.

    As RFC 5297 does it: the code that tells whether it is genuine is where the key stream begins.
    """
    text = json.dumps(value, separators=(",", ":")).encode()
    code = _code(text, salt, settings.SECRET_KEY)
    return signing.b64_encode(code + _mask(text, code, salt, settings.SECRET_KEY)).decode()


def unseal(sealed: str, salt: str) -> Any:
    """Return what was sealed, also with one of ``SECRET_KEY_FALLBACKS``, or raise.

    Raises ValueError or BadSignature.
    """
    raw = signing.b64_decode(sealed.encode())
    code, masked = raw[:CODE_BYTES], raw[CODE_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        text = _mask(masked, code, salt, secret)
        if constant_time_compare(_code(text, salt, secret), code):
            return json.loads(text)
    raise signing.BadSignature("sealed with another key")


def _code(text: bytes, salt: str, secret: Any) -> bytes:
    return salted_hmac(f"{salt}.code", text, secret, algorithm="sha256").digest()[:CODE_BYTES]


def _mask(text: bytes, code: bytes, salt: str, secret: Any) -> bytes:
    start = salted_hmac(f"{salt}.mask", code, secret, algorithm="sha256").digest()
    stream = hashlib.shake_256(start).digest(len(text))
    return bytes(each ^ other for each, other in zip(text, stream, strict=True))


class PageMixin:
    """Give a ``ListView`` of a stream ``stream_page``, by ``?after=`` and ``?before=``.

    Instead of ``paginate_by``. A cursor that is not of this site is answered with status 400.
    """

    page_size = 25
    paginate_by: int | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        view: Any = self
        page = view.object_list.page(self.page_size, **asked_cursor(view.request))
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]
            object_list=page, stream_page=page, **kwargs
        )
        return context


def asked_cursor(request: HttpRequest) -> dict[str, str]:
    """Return what an address asks for, ``after`` or ``before`` a cursor, or nothing.

    Raises InvalidCursor for both.
    """
    cursors = {name: value for name in CURSORS if (value := request.GET.get(name))}
    if len(cursors) > 1:
        raise InvalidCursor("A page is after one cursor or before one.")
    return cursors


class Beyond(list[Any]):
    """Rows beyond a position; ``reached`` is up to where was read, None if nothing is left."""

    def __init__(
        self, rows: Sequence[Any], limit: int | None, reached: Position | None = None
    ) -> None:
        super().__init__(rows)
        self.reached = reached
        if reached is None and len(rows) == limit:
            self.reached = rows[-1].datetime, rows[-1].pk


class Reached:
    """Stands for the row at a position, which may be of any stream, in a cursor."""

    def __init__(self, position: Position) -> None:
        self.datetime, self.pk = position


class HasRowsBeyond(Protocol):
    """What has pages: a queryset of a model with arcs."""

    def beyond(self, position: Position | None, newer: bool, limit: int) -> Beyond:
        """Return rows older than a position, the newest first; or newer ones, the oldest first.

        They may be fewer than there are, where conditions leave out very many.
        """


def get_page(rows: HasRowsBeyond, size: int, after: str | None, before: str | None) -> Page[Any]:
    """Return the page after or before a cursor, or the first one, from ``size + 1`` rows."""
    page: Page[Any] = make_page(rows.beyond, size, after, before)
    return page


def make_page(
    fetch: Fetch,
    size: int,
    after: str | None,
    before: str | None,
    made: type[Page[Any]] = Page,
) -> Any:
    """Return a page of the rows that a function finds; see ``HasRowsBeyond``."""
    check_page(size, after, before)
    cursor = before or after
    found = fetch(made.decode(cursor) if cursor else None, bool(before), size + 1)
    reached = getattr(found, "reached", None)
    if before and not found and not reached:  # nothing is newer: the first page
        return make_page(fetch, size, None, None, made)
    rows, has_more = list(found[:size]), len(found) > size
    beyond = made.encode(rows[-1]) if has_more else reached and made.encode(Reached(reached))
    back = made.encode(rows[0]) if rows and cursor else None
    if before:
        return made(rows[::-1], back, beyond)
    return made(rows, beyond, back)


def check_page(size: int, after: str | None, before: str | None) -> None:
    """Raise TypeError or ValueError for what is asked of no page."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"page(size={size!r:.80}): write a whole number of rows")
    if size < 1:
        raise ValueError(f"page(size={size}): a page has one row at least")
    if after and before:
        raise ValueError("page(after=…, before=…): a page is after one cursor or before one")
