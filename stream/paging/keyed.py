"""Pages in the order of keys: for tables without an index by time."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from stream.paging.pages import Page

_Row = TypeVar("_Row")


class KeyedPage(Page[_Row]):
    """Some rows, or groups of them, newest first by their key."""

    salt: ClassVar[str] = "stream.paging.keyed"

    @classmethod
    def of(cls, rows: Any, size: int, after: str | None, before: str | None) -> Self:
        """Return a page of a queryset in descending order of its keys."""

        def fetch(pk: int | None, newer: bool, limit: int) -> list[Any]:
            if newer:
                return list(rows.filter(pk__gt=pk).order_by("pk")[:limit])
            older = rows if pk is None else rows.filter(pk__lt=pk)
            return list(older[:limit])

        return cls.make(fetch, size, after, before)

    @classmethod
    def place_of(cls, row: Any) -> Any:
        return row.pk

    @classmethod
    def read_place(cls, value: Any) -> Any:
        return int(value)
