"""The parts of an arc that a database knows: its columns and the rule that one is set at most."""

from __future__ import annotations

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
    """The key in a column: to set it forgets which columns of the row's roles are set."""

    def __set__(self, instance: Any, value: Any) -> None:
        super().__set__(instance, value)
        vars(instance._state).pop("filled", None)


class ArcForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A column of an arc. In migrations it is a plain ``ForeignKey`` without a way back.

    The way back is named for the model. Were it in migrations, a renamed model would look to the
    autodetector like one column less and another more, and the data were lost.
    """

    descriptor_class = ArcColumn

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, {**kwargs, "related_name": "+"}

    def get_default(self) -> Any:
        return DEFERRED  # Model.__init__ skips it: ArcModel sets all columns to None at once

    def set_object(self, row: Model, obj: Model) -> None:
        """Set a saved object of the right model and database, which the descriptor would check."""
        setattr(row, self.attname, getattr(obj, self.target_field.attname))
        self.set_cached_value(row, obj)

    def first_of_outer(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Return the first row that holds the object of an outer query, for a subquery.

        Of EXISTS, planners make a join, and of a row without an order, a search of the table.
        """
        key = models.OuterRef("pk")
        same = models.Q((self.name, key))
        if connections[rows.db].vendor == "postgresql":
            # With an equation, the index of times would seem to be in the same order.
            same = models.Q((f"{self.name}__gte", key), (f"{self.name}__lte", key))
        return rows.filter(same).order_by(self.attname, "datetime", "pk").values("pk")[:1]

    def clone(self) -> models.ForeignKey:  # type: ignore[override, type-arg]
        _, _, args, kwargs = self.deconstruct()
        return models.ForeignKey(*args, **kwargs)


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
