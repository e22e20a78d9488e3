"""INSERT and COPY by hand, of the same rows that ``action.send`` writes; and stored timelines."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.db import connection

from benchmarks.contenders.floor import COLUMNS as READ, Rows, rendered, run
from benchmarks.page import SIZE, GetPage, Line

COLUMNS = (
    "datetime, verb, description, data, public, actor_user_id, target_repository_id, "
    "action_object_commit_id"
)
VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s)"


FAN_OUT = (
    "INSERT INTO bench_entry (user_id, datetime, action_id) "
    "SELECT user_id, %s, %s FROM follow_follow WHERE target_user_id = %s"
)


def now() -> Any:
    """Return the time as the driver takes it."""
    return connection.ops.adapt_datetimefield_value(dt.datetime.now(dt.UTC))


def _row(actor: int = 1) -> tuple[Any, ...]:
    return (now(), "pushed", "", "{}", True, actor, 1, 1)


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


# Timelines


def execute(sql: str, *params: Any) -> None:
    """Execute a statement that returns no rows."""
    if connection.vendor == "sqlite":
        connection.connection.execute(sql.replace("%s", "?"), params)
        return
    with connection.connection.cursor() as cursor:
        cursor.execute(sql, params)


def fan_out(author: int) -> float:
    """Fan out an action in one statement; return the seconds."""
    ((newest,),) = run("SELECT MAX(id) FROM stream_action")
    started = time.perf_counter()
    execute(FAN_OUT, now(), newest + 1, author)
    return time.perf_counter() - started


def send(author: int) -> float:
    """Write an action and fan it out, in one transaction; return the seconds."""
    started = time.perf_counter()
    execute("BEGIN")
    row = _row(author)
    ((key,),) = run(f"INSERT INTO stream_action ({COLUMNS}) VALUES {VALUES} RETURNING id", row)
    execute(FAN_OUT, row[0], key, author)
    execute("COMMIT")
    return time.perf_counter() - started


def _read(user_id: int) -> Rows:
    # MariaDB and PostgreSQL are to begin with the entries too.
    join = "STRAIGHT_JOIN" if connection.vendor == "mysql" else "CROSS JOIN"
    columns = ", ".join(f"a.{each.strip()}" for each in READ.split(","))
    return run(
        f"SELECT {columns} FROM bench_entry e {join} stream_action a "
        "WHERE e.user_id = %s AND a.id = e.action_id AND a.public "
        f"ORDER BY e.datetime DESC, e.action_id DESC LIMIT {SIZE}",
        [user_id],
    )


def rows(user_id: int) -> GetPage:
    return lambda: [Line(each[0], "") for each in _read(user_id)]


def page(user_id: int) -> GetPage:
    return lambda: rendered(_read(user_id))
