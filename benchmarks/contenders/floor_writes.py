"""INSERT and COPY by hand, of the same rows that ``action.send`` writes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

BATCH = 1000
COLUMNS = (
    "datetime, verb, description, data, public, actor_user_id, target_repository_id, "
    "action_object_commit_id"
)
VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s)"


def _row() -> tuple[Any, ...]:
    now = connection.ops.adapt_datetimefield_value(dt.datetime.now(dt.UTC))
    return (now, "pushed", "", "{}", True, 1, 1, 1)


class Writer:
    """Writes over the driver's own connection."""

    def __init__(self) -> None:
        self.is_sqlite = connection.vendor == "sqlite"

    def _insert(self, rows: int) -> str:
        sql = f"INSERT INTO stream_action ({COLUMNS}) VALUES {', '.join([VALUES] * rows)}"
        return sql.replace("%s", "?") if self.is_sqlite else sql

    def send(self, count: int) -> None:
        sql = f"{self._insert(1)} RETURNING id"
        for _ in range(count):
            if self.is_sqlite:
                connection.connection.execute(sql, _row()).fetchall()
            else:
                with connection.connection.cursor() as cursor:
                    cursor.execute(sql, _row())
                    cursor.fetchall()

    def send_many(self, count: int) -> None:
        """COPY on PostgreSQL, executemany elsewhere, which PyMySQL makes one INSERT of."""
        rows = (_row() for _ in range(count))
        if connection.vendor == "sqlite":
            connection.connection.execute("BEGIN")
            connection.connection.executemany(self._insert(1), rows)
            connection.connection.execute("COMMIT")
        elif connection.vendor == "postgresql":
            sql = f"COPY stream_action ({COLUMNS}) FROM STDIN"
            with connection.connection.cursor() as cursor, cursor.copy(sql) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            with connection.connection.cursor() as cursor:
                cursor.executemany(self._insert(1), list(rows))
