"""Foreign keys by which the database deletes rows, and an index of unread rows."""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models import signals

from stream.locking import lock

# What Django's collector leaves to the database; some are of Django 6.1.
_OF_THE_DATABASE = [
    getattr(models, name)
    for name in ("DO_NOTHING", "DB_CASCADE", "DB_SET_NULL", "DB_SET_DEFAULT")
    if hasattr(models, name)
]


class Cascade(models.BaseConstraint):
    """A foreign key with ``ON DELETE CASCADE``, for a field with ``db_constraint=False``.

    A row that is written while its object is deleted goes with it. Django would delete the rows
    first and the object later, and fail for a row that is written in between.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "sqlite":
            return self._sql(model, schema_editor)
        # The table of the object may be made later.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self._sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def _sql(self, model: Any, schema_editor: Any) -> str:
        quote, field = schema_editor.quote_name, model._meta.get_field(self.field)
        key = field.target_field
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({quote(field.column)}) "
            f"REFERENCES {quote(key.model._meta.db_table)} ({quote(key.column)}) "
            f"ON DELETE CASCADE{schema_editor.connection.ops.deferrable_sql()}"
        )

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the field, which looks the object up."""

    def __repr__(self) -> str:
        return f"<Cascade: field={self.field!r} name={self.name!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cascade) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((self.field, self.name))

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}


def cascade(collector: Any, field: Any, rows: Any, using: str) -> None:
    """Delete like ``CASCADE``, but lock the rows first, in the order of their keys."""
    if connections[using].in_atomic_block:  # otherwise Django only collects
        lock(rows)
    models.CASCADE(collector, field, rows, using)


class CascadeRel(models.ManyToOneRel):
    """Says who deletes the rows: Django if receivers or relations need each row, or the database.

    The database takes one statement for any number of rows, and locks the object before them, as
    whoever writes such a row does.
    """

    @property
    def on_delete(self) -> Any:
        model = getattr(self.field, "model", None)
        if model is None:  # while the class is made
            return models.DO_NOTHING
        is_heard = any(
            signal.has_listeners(model) for signal in (signals.pre_delete, signals.post_delete)
        )
        is_named = any(
            rel.on_delete not in _OF_THE_DATABASE
            for rel in model._meta.get_fields(include_hidden=True)
            if isinstance(rel, models.ManyToOneRel)
        )
        return cascade if is_heard or is_named else models.DO_NOTHING

    @on_delete.setter
    def on_delete(self, value: Any) -> None:
        """Take what Django sets from the argument of the field."""


class CascadeKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key whose rows go with its object; the model needs a ``Cascade``.

    Migrations show a plain foreign key.
    """

    rel_class = CascadeRel

    def __init__(self, to: Any, **options: Any) -> None:
        super().__init__(to, **{**options, "on_delete": models.DO_NOTHING, "db_constraint": False})

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, {**kwargs, "on_delete": models.DO_NOTHING}


class UnreadIndex(models.Index):
    """An index of unread rows: a partial one, or one with ``read_at`` on databases without them."""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        if schema_editor.connection.features.supports_partial_indexes:
            return super().create_sql(model, schema_editor, using, **kwargs)
        first, *others = self.fields
        whole = models.Index(fields=[first, "read_at", *others], name=self.name)
        return whole.create_sql(model, schema_editor, using, **kwargs)
