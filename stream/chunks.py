"""Many items or keys, of which only some are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

_Item = TypeVar("_Item")


def chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield the items in lists of this size."""
    items = iter(items)
    while chunk := list(islice(items, size)):
        yield chunk


def key_chunks(objects: QuerySet[Any], size: int) -> Iterator[list[Any]]:
    """Yield the keys of a queryset, lowest first, in lists of this size. A query for each list."""
    ordered = objects.order_by("pk").values_list("pk", flat=True)
    keys = list(ordered[:size])
    while keys:
        yield keys
        keys = list(ordered.filter(pk__gt=keys[-1])[:size]) if len(keys) == size else []
