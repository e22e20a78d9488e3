"""Pages by key: the notifications of one recipient."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from stream.paging import Page
from stream.paging.pages import make_page

_Row = TypeVar("_Row")


class KeyedPage(Page[_Row]):
    """Notifications or groups of them, newest first."""

    salt: ClassVar[str] = "stream.notifications.paging"

    @classmethod
    def place_of(cls, row: Any) -> Any:
        return row.pk

    @classmethod
    def read_place(cls, value: Any) -> Any:
        return int(value)


def get_page(rows: Any, size: int, after: str | None, before: str | None) -> KeyedPage[Any]:
    """Return a page of rows, the newest first, from ``size + 1`` of them."""

    def fetch(pk: int | None, newer: bool, limit: int) -> list[Any]:
        if newer:
            return list(rows.filter(pk__gt=pk).order_by("pk")[:limit])
        older = rows if pk is None else rows.filter(pk__lt=pk)
        return list(older[:limit])

    page: KeyedPage[Any] = make_page(fetch, size, after, before, KeyedPage)
    return page
