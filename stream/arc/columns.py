"""The parts of an arc in the database: its columns, and the rule that one at most is set."""

from __future__ import annotations

import re
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.base import DEFERRED
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler
from django.utils.deconstruct import deconstructible


class ArcColumn(ForeignKeyDeferredAttribute):
    """The key in a column. To set it forgets which column is set in each role of the row."""

    def __set__(self, instance: Any, value: Any) -> None:
        super().__set__(instance, value)
        vars(instance._state).pop("filled", None)


class ArcForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A column of an arc. In migrations it is a plain ``ForeignKey`` with related name "+".

    The related name is made from the model's name. If migrations had it, the autodetector would
    take a renamed model for a removed column and a new one, and the data would be lost.
    """

    descriptor_class = ArcColumn

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, {**kwargs, "related_name": "+"}

    def get_default(self) -> Any:
        return DEFERRED  # Model.__init__ skips it; ArcModel sets all columns to None at once

    def set_object(self, row: Model, obj: Model) -> None:
        """Set an object that is saved, of the right model and database: nothing is checked."""
        setattr(row, self.attname, getattr(obj, self.target_field.attname))
        self.set_cached_value(row, obj)

    def first_of_outer(self, rows: models.QuerySet[Any]) -> FirstRow:
        """Return a subquery of the first row that points to the object of the outer query.

        For EXISTS, planners would make a join; without an order, they would search the table.
        """
        key = models.OuterRef("pk")
        same = models.Q((self.name, key))
        if connections[rows.db].vendor == "postgresql":
            # With an equation, the planner would take the index of times for the order.
            same = models.Q((f"{self.name}__gte", key), (f"{self.name}__lte", key))
        first = rows.filter(same).order_by(self.attname, "datetime", "pk").values("pk")[:1]
        indexes = self.model._meta.indexes
        return FirstRow(first, next(each.name for each in indexes if each.fields[0] == self.name))

    def clone(self) -> models.ForeignKey:  # type: ignore[override, type-arg]
        _, _, args, kwargs = self.deconstruct()
        return models.ForeignKey(*args, **kwargs)


class FirstRow(models.Subquery):
    """A subquery of a row that an index finds.

    MariaDB must be told so. Its statistics take NULL for a key like others, and a column of an arc
    is NULL in most rows: MariaDB 11 expects an index of such a column to find most of the table for
    any key, and reads the table instead.
    """

    def __init__(self, rows: models.QuerySet[Any], index: str) -> None:
        super().__init__(rows)
        self.index = index

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection)
        table, index = map(connection.ops.quote_name, (self.query.get_meta().db_table, self.index))
        # The hint stands after the table and its alias.
        return re.sub(f"( FROM {table} \\S+)", rf"\1 FORCE INDEX ({index})", sql, count=1), params


@ArcForeignKey.register_lookup
class ArcExact(RelatedExact):
    """``exact``, except that an unsliced queryset on the right means ``IN``."""

    def __new__(cls, *args: Any) -> Any:
        query = args[1] if args and isinstance(args[1], Query) else None
        if query and not query.is_sliced and not query.combinator:
            return RelatedIn(*args)
        return super().__new__(cls, *args)


@deconstructible(path="stream.arc.AtMostOne")
class AtMostOne(models.Func):
    """True where at most one of the named columns is not null."""

    output_field = models.BooleanField()
    arg_joiner = " + "
    template = "(%(expressions)s) <= 1"

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        parts: list[str] = []
        params: list[Any] = []
        for column in self.get_source_expressions():
            sql, column_params = compiler.compile(column)
            parts.append(f"(CASE WHEN {sql} IS NULL THEN 0 ELSE 1 END)")
            params.extend(column_params)
        return self.template % {"expressions": self.arg_joiner.join(parts)}, params
