"""Keyset pages of what is numbered: the notifications of one recipient."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from stream.paging import Page, make_page

_Row = TypeVar("_Row")


class NumberedPage(Page[_Row]):
    """Notifications or groups of them, newest first."""

    salt: ClassVar[str] = "stream.notifications.paging"

    @classmethod
    def place_of(cls, row: Any) -> Any:
        return row.number

    @classmethod
    def read_place(cls, value: Any) -> Any:
        return int(value)


def get_page(rows: Any, size: int, after: str | None, before: str | None) -> NumberedPage[Any]:
    """Return a page of rows, the newest first, from ``size + 1`` of them."""

    def fetch(number: int | None, newer: bool, limit: int) -> list[Any]:
        if newer:
            return list(rows.filter(number__gt=number).order_by("number")[:limit])
        older = rows if number is None else rows.filter(number__lt=number)
        return list(older[:limit])

    page: NumberedPage[Any] = make_page(fetch, size, after, before, NumberedPage)
    return page
