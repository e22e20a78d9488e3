"""SQL by hand over the driver: what a fan-out, a stored page and a notification cost at least."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.db import connection

from benchmarks.contenders.floor import COLUMNS, Rows, rendered, run
from benchmarks.contenders.floor_writes import COLUMNS as WRITTEN, VALUES
from benchmarks.contenders.page import SIZE, GetPage, Line

FAN_OUT = (
    "INSERT INTO bench_entry (user_id, datetime, action_id) "
    "SELECT user_id, %s, %s FROM follow_follow WHERE target_user_id = %s"
)


def now() -> Any:
    """Return the time as the driver takes it."""
    return connection.ops.adapt_datetimefield_value(dt.datetime.now(dt.UTC))


def execute(sql: str, *params: Any) -> None:
    """Execute a statement that returns no rows."""
    if connection.vendor == "sqlite":
        connection.connection.execute(sql.replace("%s", "?"), params)
        return
    with connection.connection.cursor() as cursor:
        cursor.execute(sql, params)


def fan_out(author: int, action: int) -> float:
    """Fan out an action in one statement; return the seconds."""
    started = time.perf_counter()
    execute(FAN_OUT, now(), action, author)
    return time.perf_counter() - started


def send(author: int) -> float:
    """Write an action and fan it out, in one transaction; return the seconds."""
    started = time.perf_counter()
    when = now()
    execute("BEGIN")
    ((key,),) = run(
        f"INSERT INTO stream_action ({WRITTEN}) VALUES {VALUES} RETURNING id",
        (when, "pushed", "", "{}", True, author, 1, 1),
    )
    execute(FAN_OUT, when, key, author)
    execute("COMMIT")
    return time.perf_counter() - started


def _read(user_id: int) -> Rows:
    # MariaDB and PostgreSQL are to begin with the entries too.
    join = "STRAIGHT_JOIN" if connection.vendor == "mysql" else "CROSS JOIN"
    columns = ", ".join(f"a.{each.strip()}" for each in COLUMNS.split(","))
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
