"""Reading many rows fast: the SELECT of a model is written once, and only what is set is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, Self

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Field, Manager, Model, QuerySet, query as query_module
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query import ModelIterable
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init
from django.db.models.sql import Query

from stream.arc.arc import Arc
from stream.arc.columns import ArcForeignKey
from stream.arc.deferred import deferred_fields
from stream.arc.row import Row

WIDE = 24  # columns in all roles; above it, one expression for each role and kind of key is read
MOST_KEYS = 500  # in one list; Django splits longer ones as each database wants

# Of Django 6.1: what a queryset does for fields that are not loaded.
USUAL_FETCH_MODE = getattr(query_module, "DEFAULT_FETCH_MODE", None)


class Reader:
    """Makes instances of a model from the rows of SQL of one's own that begins with ``select``."""

    made: ClassVar[dict[Any, Reader]] = {}

    def __init__(self, model: type[Model], using: str, left_out: frozenset[str]) -> None:
        self.model = model
        self.using = using
        self.left_out = left_out
        self.table = self.quote(model._meta.db_table)
        self.key = self.column(model._meta.pk)
        self.columns: list[tuple[str, Any]] = []  # SQL, and the column that says how to convert
        self.attnames: list[str] = []
        self.choose_columns()
        self.is_plain = model.__init__ is Model.__init__ and has_plain_attributes(model)
        self.is_converted = self._is_converted()
        self.names = ", ".join(sql for sql, _ in self.columns)
        self.select = f"SELECT {self.names} FROM "

    @classmethod
    def of(cls, model: type[Model], using: str, left_out: frozenset[str] = frozenset()) -> Self:
        """Return the reader of a model and a database, without some fields, which is made once."""
        width = len(model._meta.concrete_fields)  # tests register models later
        key = cls, model, using, left_out, width
        if key not in cls.made:
            cls.made[key] = cls(model, using, left_out)
        return cls.made[key]  # type: ignore[return-value]

    def choose_columns(self) -> None:
        for field in self.model._meta.concrete_fields:
            self.add(field)

    def add(self, field: Field[Any, Any]) -> None:
        if field.name in self.left_out:
            return
        compiler = Query(self.model).get_compiler(self.using)
        sql, _ = field.select_format(compiler, self.column(field), ())  # a format of GIS
        self.columns.append((sql, field.get_col(self.model._meta.db_table)))
        self.attnames.append(field.attname)

    def quote(self, name: str) -> str:
        # Not kept: that would keep the connection of the thread which came first.
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
        make = self.maker()
        return [make(row) for row in rows]

    def _is_converted(self) -> bool:
        """Tell whether there may be a converter: of the database, or of a field."""
        connection = connections[self.using]
        by_database = BaseDatabaseOperations.get_db_converters
        return type(connection.ops).get_db_converters is not by_database or any(
            column.get_db_converters(connection) for _, column in self.columns if column
        )

    def maker(self) -> Callable[[Sequence[Any]], Any]:
        if self.is_plain and is_made_as_usual(self.model):
            return self.make
        return partial(self.model.from_db, self.using, self.attnames)

    def make(self, values: Sequence[Any]) -> Any:
        return instance(self.model, self.using, dict(zip(self.attnames, values, strict=True)))


class ArcReader(Reader):
    """A reader of a model with arcs, of which a row fills one column in each role.

    Where there are many columns, the database picks the one that is set: to fetch hundreds of
    nulls would take longer than all the rest of a page.
    """

    model: type[Row]

    def choose_columns(self) -> None:
        arcs = (*self.model.arcs.values(), *self.model.links.values())
        arc_fields = [field for arc in arcs for field in arc.fields]
        is_wide = sum(len(arc.fields) for arc in self.model.arcs.values()) > WIDE
        self.empty = {field.attname: None for field in arc_fields}
        self.groups: list[list[str]] = []
        for field in self.model._meta.concrete_fields:
            if not is_wide or not isinstance(field, ArcForeignKey):
                self.add(field)
        if is_wide:
            for arc in arcs:
                self._add_groups(arc)

    def _add_groups(self, arc: Arc) -> None:
        alike: dict[Any, list[ArcForeignKey]] = {}
        for field in arc.fields:
            kind = kind_of_key(field, connections[self.using]), *self._converters(field)
            alike.setdefault(kind, []).append(field)
        for fields in alike.values():
            names = [self.column(field) for field in fields]
            cases = (f"WHEN {name} IS NOT NULL THEN {n}" for n, name in enumerate(names))
            self.columns.append((f"CASE {' '.join(cases)} END", None))
            # COALESCE wants two columns at least.
            key, column = f"COALESCE({', '.join(names)}, NULL)", fields[0]
            self.columns.append((key, column.get_col(self.model._meta.db_table)))
            self.groups.append([field.attname for field in fields])

    def _converters(self, field: ArcForeignKey) -> Iterator[Any]:
        """Yield what makes Python values of a column's; two fields may make different ones."""
        connection, column = connections[self.using], field.get_col(self.model._meta.db_table)
        yield from connection.ops.get_db_converters(column)
        yield from column.get_db_converters(connection)

    def maker(self) -> Callable[[Sequence[Any]], Any]:
        return self.make  # who reads such rows has asked whether they are made as usual

    def make(self, values: Sequence[Any]) -> Any:
        loaded: dict[str, Any] = self.empty.copy()
        loaded.update(zip(self.attnames, values, strict=False))  # those of groups are left
        if self.groups:
            pairs = iter(values[len(self.attnames) :])
            for group in self.groups:
                number, key = next(pairs), next(pairs)
                if number is not None:
                    loaded[group[number]] = key
        return instance(self.model, self.using, loaded)


def kind_of_key(field: ArcForeignKey, connection: Any) -> tuple[str | None, str | None]:
    """Return the type and collation of a column: one expression takes only keys of the same."""
    parameters = field.db_parameters(connection)
    return parameters["type"], parameters.get("collation")


def has_plain_attributes(model: type[Model]) -> bool:
    """Tell whether the attributes of all columns do no more than hold values."""
    attributes = [getattr(model, each.attname, None) for each in model._meta.concrete_fields]
    plain = DeferredAttribute, ForeignKeyDeferredAttribute
    return all(type(each) in plain for each in attributes)


def instance(model: type[Model], using: str, loaded: dict[str, Any]) -> Any:
    """Make an instance of what is loaded: as unpickling does, since ``__init__`` takes longer."""
    made = model.__new__(model)
    made.__dict__.update(loaded)
    made._state = ModelState()
    made._state.db, made._state.adding = using, False
    return made


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
    """Tell whether a queryset is of whole instances of its model and nothing else."""
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


def read_objects(model: type[Model], keys: Iterable[Any], using: str) -> dict[Any, Any]:
    """Return the objects of a model by their keys: one query."""
    keys = list(keys)
    usual = type(model._base_manager) is Manager and not any(model._meta.parents.values())
    if not usual or len(keys) > MOST_KEYS:
        return model._base_manager.using(using).in_bulk(keys)
    reader, connection = Reader.of(model, using), connections[using]
    params = [model._meta.pk.get_db_prep_value(key, connection) for key in keys]
    where = f"{reader.table} WHERE {reader.key} IN ({', '.join(['%s'] * len(params))})"
    return {obj.pk: obj for obj in reader.read(reader.select + where, params)}
