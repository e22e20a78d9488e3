"""The roles of an old row: a content type and a text there, a foreign key here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model

from stream.arc import Arc
from stream.moving.engines import Engine

OLD, NEW = "o", "n"  # the tables, in SQL


@dataclass(frozen=True)
class Role:
    """A role by its columns in the old table. What is no arc is a plain foreign key."""

    name: str
    key_column: str
    type_column: str = ""
    arc: Arc | None = None
    is_required: bool = False
    may_be_empty: bool = False  # where its object is gone and the row is to be kept

    @property
    def register(self) -> str:
        """The function that gives the role a column for a model."""
        return self.arc.register if self.arc else ""

    def is_named(self, engine: Engine) -> str:
        """Return the condition that an old row names an object in this role."""
        key = f"{OLD}.{engine.quote(self.key_column)} IS NOT NULL"
        if not self.type_column:
            return key
        return f"{OLD}.{engine.quote(self.type_column)} IS NOT NULL AND {key}"


@dataclass(frozen=True)
class Pair:
    """A role and a model: where a row names an object of it, ``key`` is its key, else NULL."""

    role: Role
    model: type[Model]
    column: str  # of the new row
    key: str
    join: str

    @classmethod
    def of(
        cls, role: Role, model: type[Model], type_key: int | None, alias: str, engine: Engine
    ) -> Pair:
        pk: Any = model._meta.pk
        own, text = f"{alias}.{engine.quote(pk.column)}", f"{OLD}.{engine.quote(role.key_column)}"
        if role.arc is None:
            column, key, condition = role.key_column, own, f"{own} = {text}"
        else:
            field = role.arc.field_for(model)
            link = model._meta.get_ancestor_link(field.related_model)
            column = field.column
            key = f"{alias}.{engine.quote(link.column)}" if link else own
            is_type = f"{OLD}.{engine.quote(role.type_column)} = {type_key:d}"
            condition = f"{engine.compared(own, pk)} = {engine.key(text, pk, is_type)}"
        table = engine.quote(model._meta.db_table)
        return cls(role, model, column, key, f"{table} {alias} ON {condition}")

    def by_subquery(self) -> Pair:
        """Return the same without a join, for more models than a join can have."""
        table, condition = self.join.split(" ON ", 1)
        return replace(self, key=f"(SELECT {self.key} FROM {table} WHERE {condition})", join="")
