"""System checks of the databases of actions, for deployment."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.db import connections, router

MODES_THAT_WAIT = ("IMMEDIATE", "EXCLUSIVE")


def check_transaction_mode(**kwargs: Any) -> list[CheckMessage]:
    """Warn (W076) of a SQLite database where writers may fail instead of waiting."""
    messages: list[CheckMessage] = []
    action = apps.get_model("stream", "Action")
    for alias in connections:
        connection: Any = connections[alias]
        if connection.vendor != "sqlite" or not router.allow_migrate_model(alias, action):
            continue
        mode = connection.settings_dict["OPTIONS"].get("transaction_mode") or "DEFERRED"
        if mode.upper() not in MODES_THAT_WAIT and not connection.is_in_memory_db():
            message = Warning(
                f"The database {alias!r} is SQLite's and begins transactions as {mode.upper()}: "
                f"where several processes or threads write, most calls may fail with "
                f"'database is locked'.",
                hint=f"Write: DATABASES[{alias!r}]['OPTIONS'] = "
                f"{{'transaction_mode': 'IMMEDIATE', 'timeout': 20}}",
                id="stream.W076",
            )
            messages.append(message)
    return messages
