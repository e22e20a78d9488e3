"""The databases: made once for a data set, found again by their fingerprint, measured, dropped."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection

from benchmarks import dataset, loading

WRITTEN = ("stream_action", "actstream_action")


def prepare(name: str, load: Callable[[], None], sources: Iterable[ModuleType] = ()) -> bool:
    """Make the database and load it, unless it holds just that already. Tell whether it did.

    ``sources`` are modules, besides those of all data, that make the rows.
    """
    fingerprint = f"{name} {_fingerprint(sources)}"
    if _read_fingerprint() == fingerprint:
        return False
    print(f"Loading {connection.settings_dict['NAME']} …", file=sys.stderr)
    drop()
    create()
    call_command("migrate", run_syncdb=True, verbosity=0)
    load()
    _reset_sequences()
    analyze()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_fingerprint (text VARCHAR(200))")
        cursor.execute("INSERT INTO bench_fingerprint VALUES (%s)", [fingerprint])
    return True


def _fingerprint(sources: Iterable[ModuleType]) -> str:
    """Return a hash of the tables, as they would be made, and of what makes the rows."""
    # Without a connection, so that it can be asked for before there is a database.
    parts = [inspect.getsource(each) for each in (dataset, loading, *sources)]
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
    with connection.cursor() as cursor:
        cursor.execute(sql, [fingerprint])


def create() -> None:
    """Make an empty database."""
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        return
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection._nodb_cursor() as cursor:  # as Django's test runner does
        cursor.execute(f"CREATE DATABASE {name}")


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


def _reset_sequences() -> None:
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(sql)


def analyze() -> None:
    """Give the planner its statistics, and PostgreSQL the dead rows back."""
    tables = [
        table for table in connection.introspection.table_names() if table != "bench_fingerprint"
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        elif connection.vendor == "sqlite":
            cursor.execute("ANALYZE")
        else:
            cursor.execute(f"ANALYZE TABLE {', '.join(tables)}")
            cursor.fetchall()


def delete_newer(actions: int) -> None:
    """Delete what was written after loading so many actions."""
    with connection.cursor() as cursor:
        for table in WRITTEN:
            if table in connection.introspection.table_names(cursor):
                cursor.execute(f"DELETE FROM {table} WHERE id > %s", [actions])


def bytes_of(table: str) -> tuple[int, int] | None:
    """Return the bytes of a table and of its indexes; None where SQLite cannot tell."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM FULL {table}")  # earlier runs have written and deleted
            cursor.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table])
        elif connection.vendor == "mysql":
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


def size_of(table: str) -> int | None:
    """Return the bytes of a table and its indexes as they are; None where SQLite cannot tell."""
    if connection.vendor == "sqlite":
        sizes = bytes_of(table)
        return sum(sizes) if sizes else None
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        else:
            cursor.execute(f"ANALYZE TABLE {table}")
            cursor.fetchall()
            cursor.execute(
                "SELECT data_length + index_length FROM information_schema.tables "
                "WHERE table_schema = DATABASE() AND table_name = %s",
                [table],
            )
        (size,) = cursor.fetchone()
    return int(size)


def server_version() -> str:
    """Return the engine and its version, such as "PostgreSQL 15.4"."""
    if connection.vendor == "sqlite":
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"
    version = ".".join(map(str, connection.get_database_version()))
    is_mariadb = connection.vendor == "mysql" and connection.mysql_is_mariadb
    return f"{'MariaDB' if is_mariadb else connection.display_name} {version}"
