"""Filling a table by the fastest way of each engine."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

Row = tuple[Any, ...]


def fill(table: str, columns: str, rows: Iterable[Row]) -> None:
    """Fill an empty table. Its rows are not checked by the database, its indexes built at last."""
    FILL[connection.vendor](table, columns, iter(rows))


def _lines(rows: Iterator[Row]) -> Iterator[str]:
    """Rows as tab-separated text, which COPY and LOAD DATA read alike; a chunk at a time."""
    while chunk := list(itertools.islice(rows, 5000)):
        lines = ("\t".join(r"\N" if each is None else str(each) for each in row) for row in chunk)
        yield "\n".join(lines) + "\n"


@contextmanager
def _without_indexes(sql: str, drop: str) -> Iterator[None]:
    """Drop the indexes that ``sql`` lists as (name, definition), and build them again after."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(drop.format(connection.ops.quote_name(name)))
        yield
        for _, definition in indexes:
            cursor.execute(definition)


def _copy(table: str, columns: str, rows: Iterator[Row]) -> None:
    indexes = (
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid "
        f"WHERE i.indrelid = '{table}'::regclass AND NOT i.indisunique"
    )
    with (
        transaction.atomic(),
        _without_indexes(indexes, "DROP INDEX {}"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL session_replication_role = replica")  # no foreign key checks
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")  # for the indexes
        with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for lines in _lines(rows):
                copy.write(lines)


def _insert(table: str, columns: str, rows: Iterator[Row]) -> None:
    indexes = (
        "SELECT name, sql FROM sqlite_master "
        f"WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL"
    )
    marks = ", ".join("?" * len(columns.split(",")))
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(),
        _without_indexes(indexes, "DROP INDEX {}"),
    ):
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
        connection.connection.executemany(sql, rows)


def _load_data(table: str, columns: str, rows: Iterator[Row]) -> None:
    indexes = (
        "SELECT index_name, CONCAT(index_name, ' (', GROUP_CONCAT('`', column_name, '`', "
        "IF(collation = 'D', ' DESC', '') ORDER BY seq_in_index), ')') "
        "FROM information_schema.statistics WHERE table_schema = DATABASE() "
        f"AND table_name = '{table}' AND non_unique GROUP BY index_name"
    )
    with (
        tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file,
        connection.cursor() as cursor,
    ):
        file.writelines(_lines(rows))
        file.flush()
        cursor.execute(indexes)
        found = cursor.fetchall()
        # All in one statement: each would read the whole table. Foreign keys want their indexes.
        cursor.execute("SET unique_checks = 0, foreign_key_checks = 0")
        if found:
            drops = ", ".join(f"DROP INDEX {name}" for name, _ in found)
            cursor.execute(f"ALTER TABLE {table} {drops}")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE {table} ({columns})")
        if found:
            adds = ", ".join(f"ADD INDEX {definition}" for _, definition in found)
            cursor.execute(f"ALTER TABLE {table} {adds}")
        cursor.execute("SET unique_checks = 1, foreign_key_checks = 1")


FILL: dict[str, Callable[[str, str, Iterator[Row]], None]] = {
    "postgresql": _copy,
    "sqlite": _insert,
    "mysql": _load_data,
}
