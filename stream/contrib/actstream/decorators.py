"""``@stream`` as it was: it takes a dict, a tuple of conditions, or a queryset."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from stream.contrib.actstream.telling import tell

__all__ = ["stream"]


def stream(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a stream of a manager's method, with ``_offset`` and ``_limit``.

    All conditions in a list or tuple must be met: of the new decorator's dicts, one.
    """
    name = method.__name__
    tell(f"@stream on {name}()", "stream.managers.stream, which takes a dict, or a queryset")

    @wraps(method)
    def wrapped(manager: Any, *args: Any, **kwargs: Any) -> Any:
        offset, limit = kwargs.pop("_offset", None), kwargs.pop("_limit", None)
        rows = method(manager, *args, **kwargs)
        if isinstance(rows, dict):
            rows = manager.all().public(**rows)
        elif isinstance(rows, list | tuple):
            rows = manager.all().public(*rows)
        if offset or limit:
            tell(f"{name}(_offset=…, _limit=…)", f"{name}(…)[offset:limit], or .page()")
            rows = rows[offset:limit]
        return rows.with_objects() if hasattr(rows, "with_objects") else rows

    return wrapped
