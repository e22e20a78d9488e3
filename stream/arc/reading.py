"""Reading many rows fast: a model's SELECT is written once, and only set columns are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Model, QuerySet, query as query_module
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init, pre_init
from django.db.models.sql import Query

from stream.arc.arc import Arc
from stream.arc.columns import ArcForeignKey
from stream.arc.deferred import deferred_fields
from stream.arc.internals import keep_until_registration

# Columns in all roles. With more, one expression is read for each role and type of key.
WIDE = 24

# Django 6.1: how a queryset loads deferred fields.
USUAL_FETCH_MODE = getattr(query_module, "DEFAULT_FETCH_MODE", None)


class ArcReader:
    """Makes instances of the rows of a statement that begins with ``select``.

    Of many columns, the database picks the one that is set in each role: to fetch hundreds of nulls
    would take longer than all the rest of a page. Use it only if ``is_made_as_usual(model)``.
    """

    def __init__(
        self, model: type[Model], using: str, left_out: frozenset[str] = frozenset()
    ) -> None:
        self.model = model
        self.using = using
        self.table = self.quote(model._meta.db_table)
        self.key = self.column(model._meta.pk)
        self.columns: list[tuple[str, Any]] = []  # SQL, and the column that says how to convert
        self.attnames: list[str] = []
        roles: dict[str, Arc] = getattr(model, "arcs", {})
        arcs = (*roles.values(), *getattr(model, "links", {}).values())
        is_wide = sum(len(arc.fields) for arc in roles.values()) > WIDE
        self.empty = {field.attname: None for arc in arcs for field in arc.fields}
        self.groups: list[tuple[str, list[ArcForeignKey]]] = []
        for field in model._meta.concrete_fields:
            if field.name not in left_out and not (is_wide and isinstance(field, ArcForeignKey)):
                self.columns.append((self.column(field), field.get_col(model._meta.db_table)))
                self.attnames.append(field.attname)
        if is_wide:
            for arc in arcs:
                self._add_groups(arc)
        # There may be a converter: of the database, or of a field.
        connection, by_database = connections[using], BaseDatabaseOperations.get_db_converters
        self.is_converted = type(connection.ops).get_db_converters is not by_database or any(
            column.get_db_converters(connection) for _, column in self.columns if column
        )
        self.names = ", ".join(sql for sql, _ in self.columns)
        self.select = f"SELECT {self.names} FROM "

    @classmethod
    @keep_until_registration
    def of(cls, *args: Any) -> ArcReader:
        """Return the kept reader of a model and a database, without some fields."""
        return cls(*args)

    def _add_groups(self, arc: Arc) -> None:
        connection = connections[self.using]
        alike: dict[Any, list[ArcForeignKey]] = {}
        for field in arc.fields:
            col = field.get_col(self.model._meta.db_table)
            converters = *connection.ops.get_db_converters(col), *col.get_db_converters(connection)
            alike.setdefault((kind_of_key(field, connection), converters), []).append(field)
        for fields in alike.values():
            names = [self.column(field) for field in fields]
            cases = (f"WHEN {name} IS NOT NULL THEN {n}" for n, name in enumerate(names))
            self.columns.append((f"CASE {' '.join(cases)} END", None))
            # COALESCE wants two columns at least.
            key, column = f"COALESCE({', '.join(names)}, NULL)", fields[0]
            self.columns.append((key, column.get_col(self.model._meta.db_table)))
            self.groups.append((arc.name, fields))

    def quote(self, name: str) -> str:
        # The method is not kept, since it would keep the connection of the first thread.
        return connections[self.using].ops.quote_name(name)

    def column(self, field: Any) -> str:
        return f"{self.table}.{self.quote(field.column)}"

    def read(self, sql: str, params: Sequence[Any]) -> list[Any]:
        """Return the instances of one query, which begins with ``select``."""
        connection = connections[self.using]
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows = cursor.fetchall()
        return self.instances(rows)

    def instances(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the instances of rows that have the columns of ``select``."""
        if self.is_converted:
            compiler = Query(self.model).get_compiler(self.using)
            converters = compiler.get_converters([column for _, column in self.columns])
            rows = list(compiler.apply_converters(rows, converters))
        return [self.make(row) for row in rows]

    def make(self, values: Sequence[Any]) -> Any:
        loaded: dict[str, Any] = self.empty.copy()
        loaded.update(zip(self.attnames, values, strict=False))  # groups have the rest
        filled: dict[str, ArcForeignKey | None] = {}
        pairs = iter(values[len(self.attnames) :])
        for role, fields in self.groups:
            number, key = next(pairs), next(pairs)
            filled.setdefault(role)
            if number is not None:
                filled[role] = field = fields[number]
                loaded[field.attname] = key
        row = self.model.__new__(self.model)  # as in unpickling: ``__init__`` takes longer
        row.__dict__ = loaded
        row._state = ModelState()
        vars(row._state).update(db=self.using, adding=False, filled=filled)
        return row


def kind_of_key(field: ArcForeignKey, connection: Any) -> tuple[str | None, str | None]:
    """Return the type and collation of a column, which one expression needs to be the same."""
    parameters = field.db_parameters(connection)
    return parameters["type"], parameters.get("collation")


def read_rows(rows: QuerySet[Any]) -> list[Any] | None:
    """Return the rows of a queryset by an ``ArcReader``, or None where only Django can."""
    if not is_of_whole_rows(rows):
        return None
    reader = ArcReader.of(rows.model, rows.db, deferred_fields(rows))
    try:
        sql, params = rows.values_list("pk").query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return []
    begin = f"SELECT {reader.key} AS {reader.quote('pk')} FROM "
    if not sql.startswith(begin):  # as where the same table is joined before
        return None
    return set_known(rows, reader.read(reader.select + sql.removeprefix(begin), params))


def is_of_whole_rows(rows: QuerySet[Any]) -> bool:
    """Tell whether a queryset has nothing but whole instances of its model."""
    query: Any = rows.query
    return (
        issubclass(rows._iterable_class, ModelIterable)
        and query.default_cols
        and not query.select_related
        and deferred_fields(rows) is not None
        and not query.annotations
        and not query.extra
        and not query.combinator
        and not query.distinct
        and query.group_by is None
        and not query.select_for_update
        and getattr(rows, "_fetch_mode", None) is USUAL_FETCH_MODE
        and is_made_as_usual(rows.model)
    )


def is_made_as_usual(model: type[Model]) -> bool:
    """Tell whether an instance is made without more than its fields: no custom code would run."""
    return (
        model.from_db.__func__ is Model.from_db.__func__  # type: ignore[attr-defined]
        and not any(model._meta.parents.values())
        and not pre_init.has_listeners(model)
        and not post_init.has_listeners(model)
    )


def set_known(rows: Any, found: list[Any]) -> list[Any]:
    """Set the object whose related manager made the queryset, as Django does."""
    for field, objects in rows._known_related_objects.items():
        for row in found:
            if obj := objects.get(getattr(row, field.attname)):
                field.set_cached_value(row, obj)
    return found
