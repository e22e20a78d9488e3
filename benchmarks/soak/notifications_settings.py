"""Settings of the soak of notifications; ``benchmarks.soak.notifications`` sets the variables."""

import os

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import DATABASES, ENGINE, INSTALLED_APPS

INSTALLED_APPS.append("stream.notifications")
MIGRATION_MODULES["reminders"] = None  # type: ignore[name-defined]  # noqa: F405
if os.environ["SOAK_REFERENCE"]:
    INSTALLED_APPS.append("benchmarks.soak.reminders")
database_options = DATABASES["default"].setdefault("OPTIONS", {})
if ENGINE == "sqlite":
    database_options |= {"transaction_mode": "IMMEDIATE", "timeout": 120}
elif os.environ["SOAK_ISOLATION"]:
    from django.db.backends.postgresql.psycopg_any import IsolationLevel

    level = os.environ["SOAK_ISOLATION"]
    is_mariadb = ENGINE == "mariadb"
    database_options["isolation_level"] = (
        level if is_mariadb else IsolationLevel[level.upper().replace(" ", "_")]
    )
