"""Making and writing rows with arcs, in a time that hardly grows with the number of columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db import connections
from django.db.models import AutoField, Field, Model

from stream.arc.columns import ArcForeignKey
from stream.arc.internals import keep_until_registration
from stream.arc.reading import is_made_as_usual
from stream.arc.row import Row

Defaults = list[tuple[str, Callable[[], Any]]]
PLACEHOLDERS = ("get_placeholder", "get_placeholder_sql")  # methods of fields that write SQL


def without_empty_columns(
    fields: Iterable[Field[Any, Any]], rows: Collection[Model]
) -> list[Field[Any, Any]]:
    """Leave out the columns of arcs that are null in all rows.

    To name hundreds of null columns makes an INSERT several times slower.
    """
    loaded = [row.__dict__ for row in rows]
    return [
        field
        for field in fields
        if not isinstance(field, ArcForeignKey)
        or any(each.get(field.attname) is not None for each in loaded)
    ]


def plain_defaults(model: type[Row], names: Iterable[str]) -> Defaults | None:
    """Return the defaults of all columns but those of arcs.

    None where ``Model.__init__`` would do more than set the arguments of these names.
    """
    known, defaults = _names_and_defaults(model)
    return defaults if is_made_as_usual(model) and known.issuperset(names) else None


def insert_row(row: Row, table: type[Row], using: str) -> bool:
    """Insert a row to which the database gives its key; return False where only Django can.

    Django would compile the statement, for a fifth of what the whole takes.
    """
    connection, loaded = connections[using], row.__dict__
    plain, arc_fields = _fields(table)
    fields = [*plain, *(field for field in arc_fields if loaded.get(field.attname) is not None)]
    values = [field.pre_save(row, True) for field in fields]
    if any(hasattr(each, "resolve_expression") for each in values) or _needs_django(table, using):
        return False
    pairs = zip(fields, values, strict=True)
    params = [field.get_db_prep_save(value, connection) for field, value in pairs]
    columns = [table._meta.db_table, table._meta.pk.column, *(each.column for each in fields)]
    name, key, *names = map(connection.ops.quote_name, columns)  # type: ignore[arg-type]
    sql = f"INSERT INTO {name} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {name}.{key}", params)
        setattr(row, table._meta.pk.attname, *cursor.fetchone())  # a child has another key
    return True


@keep_until_registration
def _needs_django(table: type[Row], using: str) -> bool:
    """Tell whether the key is not all that an INSERT returns, or a field changes the INSERT."""
    connection, pk = connections[using], table._meta.pk
    key = pk.get_col(table._meta.db_table)
    return (
        not isinstance(pk, AutoField)
        or any(table._meta.parents.values())
        or not connection.features.can_return_columns_from_insert
        or list(table._meta.db_returning_fields) != [pk]
        or bool([*connection.ops.get_db_converters(key), *key.get_db_converters(connection)])
        or any(hasattr(field, name) for field in table._meta.fields for name in PLACEHOLDERS)
    )


def can_copy(using: str) -> bool:
    """Tell whether a database has ``COPY``: PostgreSQL, by psycopg 3."""
    connection: Any = connections[using]
    cursor = getattr(connection.Database, "Cursor", None)  # psycopg 2 has no such class
    return connection.vendor == "postgresql" and hasattr(cursor, "copy")


def copy_rows(rows: Sequence[Row], using: str) -> bool:
    """Write new rows by PostgreSQL's ``COPY``, which takes a fraction of an INSERT; set their keys.

    Two queries and, as with ``bulk_create``, no signals. ``COPY`` does not know row level security:
    for a table that has it, only the keys are set, and False is returned.
    """
    model, connection = type(rows[0]), connections[using]
    pk: Any = model._meta.pk
    table, quote = model._meta.db_table, connection.ops.quote_name
    plain, all_arc_fields = _fields(model)
    arc_fields = without_empty_columns(all_arc_fields, rows)
    fields: list[Any] = [*plain, *arc_fields]
    names = ", ".join(quote(field.column) for field in [pk, *fields])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)), row_security_active(%s::text) "
            "FROM generate_series(1, %s)",
            [quote(table), pk.column, quote(table), len(rows)],
        )
        keys_and_security = cursor.fetchall()
        for row, (key, _) in zip(rows, keys_and_security, strict=True):
            row.pk = key
        if keys_and_security[0][1]:
            return False
        with (
            connection.wrap_database_errors,
            cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                values = [
                    each.get_db_prep_save(each.pre_save(row, True), connection) for each in plain
                ]
                keys = [row.__dict__.get(each.attname) for each in arc_fields]  # nearly all null
                values += [
                    None if key is None else field.get_db_prep_save(key, connection)
                    for field, key in zip(arc_fields, keys, strict=True)
                ]
                copy.write_row((row.pk, *values))
    for row in rows:
        row._state.adding, row._state.db = False, using
    return True


@keep_until_registration
def _names_and_defaults(model: type[Row]) -> tuple[frozenset[str], Defaults]:
    fields = model._meta.concrete_fields
    names = {field.name for field in fields} | {field.attname for field in fields}
    defaults = [
        (field.attname, field.get_default)
        for field in fields
        if not isinstance(field, ArcForeignKey)
    ]
    return frozenset(names | set(model.arcs)), defaults


@keep_until_registration
def _fields(table: type[Row]) -> tuple[list[Field[Any, Any]], list[ArcForeignKey]]:
    fields = table._meta.local_concrete_fields
    arc_fields = [field for field in fields if isinstance(field, ArcForeignKey)]
    skipped = {*arc_fields, table._meta.auto_field}
    return [each for each in fields if each not in skipped and not each.generated], arc_fields
