"""``Notification``, as ``stream.notifications.models`` has it, with its old names."""

from __future__ import annotations

from typing import Any

from stream.contrib.deprecation import deprecated
from stream.contrib.notifications import rows


def __getattr__(name: str) -> Any:
    if name == "Notification":
        deprecated(f"{__name__}.{name}", "from stream.notifications.models import Notification")
        return rows.Notification
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
