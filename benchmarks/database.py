"""The databases: made once for a data set, found again by their fingerprint, measured, dropped."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection

from benchmarks import dataset, filling, tables

WRITTEN = ("stream_action", "actstream_action")


def prepare(name: str, load: Callable[[], None]) -> None:
    """Make the database and load it, unless it holds just that already."""
    fingerprint = f"{name} {_fingerprint()}"
    if _read_fingerprint() == fingerprint:
        return
    print(f"Loading {connection.settings_dict['NAME']} …", file=sys.stderr)
    make()
    load()
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(sql)
        analyze()
        cursor.execute("CREATE TABLE bench_fingerprint (text VARCHAR(200))")
        cursor.execute("INSERT INTO bench_fingerprint VALUES (%s)", [fingerprint])


def _fingerprint() -> str:
    """Return a hash of the tables, as they would be made, and of what makes the rows."""
    # Without a connection, so that it can be asked for before there is a database.
    parts = [inspect.getsource(each) for each in (dataset, filling, tables)]
    for model in apps.get_models():
        meta = model._meta
        parts += sorted(
            f"{meta.db_table} {each.column} {each.get_internal_type()} {each.max_length} "
            f"{each.null} {each.unique} {getattr(each, 'db_index', False)}"
            for each in meta.local_fields
        )
        parts += sorted(repr(each) for each in [*meta.indexes, *meta.constraints])
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _read_fingerprint() -> str | None:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT text FROM bench_fingerprint")
            row = cursor.fetchone()
    except DatabaseError:  # no such database, or not loaded to the end
        return None
    return row[0] if row else None


@contextmanager
def loaded_anew_if_interrupted() -> Iterator[None]:
    """Let the next run load the data anew, unless this block comes to its end."""
    fingerprint = _read_fingerprint()
    sql = "UPDATE bench_fingerprint SET text = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, ["interrupted"])
        yield
        cursor.execute(sql, [fingerprint])


def make() -> None:
    """Make the database with its tables, in the place of what there is."""
    drop()
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    else:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection._nodb_cursor() as cursor:  # as Django's test runner does
            cursor.execute(f"CREATE DATABASE {name}")
    call_command("migrate", run_syncdb=True, verbosity=0)


@contextmanager
def temporary() -> Iterator[None]:
    """Make the database, and drop it in the end."""
    try:
        make()
        yield
    finally:
        drop()


def drop() -> None:
    """Drop the database, if there is one."""
    connection.close()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{name}{suffix}").unlink(missing_ok=True)
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


def analyze() -> None:
    """Give the planner its statistics, and PostgreSQL the dead rows back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        elif connection.vendor == "sqlite":
            cursor.execute("ANALYZE")
        else:
            names = connection.introspection.table_names(cursor)
            cursor.execute(f"ANALYZE TABLE {', '.join(names)}")
            cursor.fetchall()


def delete_newer(actions: int) -> None:
    """Delete what was written after loading so many actions."""
    with connection.cursor() as cursor:
        for table in WRITTEN:
            if table in connection.introspection.table_names(cursor):
                cursor.execute(f"DELETE FROM {table} WHERE id > %s", [actions])


def vacuum(*tables: str) -> None:
    """Give PostgreSQL the dead rows back, or each round would find more of them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM {', '.join(tables)}")


def bytes_of(table: str, *, compacted: bool = True) -> tuple[int, int] | None:
    """Return the bytes of a table and of its indexes; None where SQLite cannot tell."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if compacted:
                cursor.execute(f"VACUUM FULL {table}")  # earlier runs have written and deleted
            cursor.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table])
        elif connection.vendor == "mysql":
            cursor.execute(f"ANALYZE TABLE {table}")
            cursor.fetchall()
            cursor.execute(
                "SELECT data_length, index_length FROM information_schema.tables "
                "WHERE table_schema = DATABASE() AND table_name = %s",
                [table],
            )
        else:
            try:
                cursor.execute(
                    "SELECT SUM(pgsize * (name = tbl_name)), SUM(pgsize * (name <> tbl_name)) "
                    "FROM dbstat JOIN sqlite_master USING (name) WHERE tbl_name = %s",
                    [table],
                )
            except DatabaseError:  # compiled without dbstat
                return None
        of_table, of_indexes = cursor.fetchone()
    return int(of_table), int(of_indexes)
