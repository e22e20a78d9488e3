"""Filling tables by the fastest way of each engine."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from benchmarks.dataset import END, ActionRow, Dataset, FollowRow, Id

Row = tuple[Any, ...]

ROLES = {
    "actor": ("user", "repository"),
    "target": ("user", "repository"),
    "action_object": ("commit", "comment"),
}
APPS = {"user": "auth", "repository": "bench", "commit": "bench", "comment": "bench"}


def load(dataset: Dataset, with_peer: bool) -> None:
    """Fill all tables; they must be empty."""
    for table, columns, rows in tables(dataset, with_peer):
        fill(table, columns, rows)


def tables(dataset: Dataset, with_peer: bool) -> Iterator[tuple[str, str, Iterable[Row]]]:
    """The tables, each with its columns and rows."""
    joined = END.isoformat(" ", "microseconds")
    counts = dataset.counts
    yield (
        "auth_user",
        "id, username, password, first_name, last_name, email, is_superuser, is_staff, is_active, "
        "date_joined",
        ((n, f"user{n}", "!", "", "", "", 0, 0, 1, joined) for n in range(1, counts["user"] + 1)),
    )
    for model, column in (("repository", "name"), ("commit", "message"), ("comment", "text")):
        rows = ((n, f"{model} number {n}") for n in range(1, counts[model] + 1))
        yield f"bench_{model}", f"id, {column}", rows
    arc_columns = [f"{role}_{model}_id" for role, models in ROLES.items() for model in models]
    yield (
        "stream_action",
        f"id, datetime, verb, description, data, public, {', '.join(arc_columns)}",
        map(_action, dataset.action_rows()),
    )
    yield (
        "follow_follow",
        "id, user_id, target_user_id, target_repository_id, datetime, flag, actor_only",
        map(_follow, dataset.follow_rows()),
    )
    if with_peer:
        yield from _peer_tables(dataset)


def _action(row: ActionRow) -> Row:
    arcs: list[int | None] = []
    for obj, models in ((row.actor, 0), (row.target, 0), (row.action_object, 1)):
        first = ("user", "commit")[models]
        if obj is None:
            arcs += (None, None)
        else:
            arcs += (obj[1], None) if obj[0] == first else (None, obj[1])
    return (row.id, row.datetime, row.verb, "", "{}", row.public, *arcs)


def _follow(row: FollowRow) -> Row:
    model, key = row.target
    columns = (key, None) if model == "user" else (None, key)
    return (row.id, row.user, *columns, row.datetime, "", row.actor_only)


def content_types() -> dict[str, int]:
    """Return the keys of the content types."""
    return {
        model: ContentType.objects.get_by_natural_key(app, model).pk for model, app in APPS.items()
    }


def generic(types: dict[str, int], obj: Id | None) -> Row:
    """Return the columns of a generic foreign key."""
    return (types[obj[0]], str(obj[1])) if obj else (None, None)


def _peer_tables(dataset: Dataset) -> Iterator[tuple[str, str, Iterable[Row]]]:
    types = content_types()
    columns = [f"{role}_content_type_id, {role}_object_id" for role in ROLES]
    yield (
        "actstream_action",
        f"id, timestamp, verb, description, public, {', '.join(columns)}",
        (
            (
                *(row.id, row.datetime, row.verb, "", row.public),
                *generic(types, row.actor),
                *generic(types, row.target),
                *generic(types, row.action_object),
            )
            for row in dataset.action_rows()
        ),
    )
    yield (
        "actstream_follow",
        "id, user_id, content_type_id, object_id, actor_only, flag, started",
        (
            (row.id, row.user, *generic(types, row.target), row.actor_only, "", row.datetime)
            for row in dataset.follow_rows()
        ),
    )


# Filling one table


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
