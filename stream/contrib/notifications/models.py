"""``Notification``, as ``stream.notifications.models`` has it, with its old names."""

from __future__ import annotations

from typing import Any

from stream.contrib.deprecation import deprecated
from stream.contrib.notifications import rows
from stream.contrib.old_modules import old_names

find = old_names(
    __name__,
    {"notify_handler": "stream.contrib.notifications.handling.notify_handler"},
    {
        "AbstractNotification": "there is one table of notifications, which no model extends; keep "
        "what yours adds in notification.action.data",
        "swappable_setting": "there is one table of notifications, which is not swapped",
    },
)


def __getattr__(name: str) -> Any:
    if name == "Notification":
        deprecated(f"{__name__}.{name}", "from stream.notifications.models import Notification")
        return rows.Notification
    return find(name)
