"""Which querysets have pages, and where a page begins."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.query import ModelIterable

_Rows = TypeVar("_Rows", bound=QuerySet[Any])

# The orders of querysets that have pages. Rows of equal times are ordered by key.
NEWEST_FIRST = {(), ("-datetime",), ("-datetime", "-id"), ("-datetime", "-pk")}


def keyset_q(lookup: str, when: dt.datetime, pk: Any) -> Q:
    """Build the condition of rows beyond a time and key: "gt" or "lt"; "gte" and "lte" with it.

    By this form MariaDB begins in the index there.
    """
    way = lookup[:2]
    is_beyond = Q((f"datetime__{way}", when)) | Q((f"pk__{lookup}", pk))
    return Q((f"datetime__{way}e", when)) & is_beyond


def newest_first(rows: _Rows) -> _Rows:
    """Return a new queryset for pages, in their order: a slice of one that is read is a list.

    Raises TypeError if pages would repeat rows or lose them.
    """
    query: Any = rows.query
    if query.is_sliced:
        raise TypeError("page(): a slice has no pages; call page(size=…) on the whole")
    if query.combinator:
        raise TypeError(f"page(): {query.combinator}() has no pages; combine conditions with Q")
    if not issubclass(rows._iterable_class, ModelIterable) or query.distinct_fields:
        raise TypeError(
            "page(): values() and distinct() of fields leave no whole rows; call page() without "
            "them, or grouped() for one row of many"
        )
    if query.where.contains_over_clause:
        raise TypeError(
            "page(): a window is filtered, which each page would count anew; filter by a subquery"
        )
    order = query.order_by or (query.default_ordering and rows.model._meta.ordering) or ()
    if not query.standard_ordering:
        rows, order = rows.reverse(), [_reversed(name) for name in order or ["-datetime"]]
    if query.extra_order_by or tuple(order) not in NEWEST_FIRST:
        named = ", ".join(map(repr, query.extra_order_by or order))
        raise TypeError(
            f"page(): pages are newest first, and this is ordered by {named}; leave the order out"
        )
    return rows.order_by("-datetime", "-id")


def _reversed(name: Any) -> Any:
    return name[1:] if str(name).startswith("-") else f"-{name}"
