"""Operations for the migrations of a site that moves."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from stream.moving.old_tables import OldTable


class RepointForeignKey(Operation):
    """Let a foreign key or a many-to-many field point to another model, which has the same keys.

    The constraint is dropped and made anew, with its index, and the column gets the type of the
    new keys. Raises ValueError where a row points to what the other model does not have.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, name: str, to: str) -> None:
        self.model_name, self.name, self.to = model_name, name, to

    def describe(self) -> str:
        return f"Let {self.model_name}.{self.name} point to {self.to}"

    @property
    def migration_name_fragment(self) -> str:
        return f"repoint_{self.model_name.lower()}_{self.name.lower()}"

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        key = app_label, self.model_name.lower()
        try:
            field: Any = state.models[key].fields[self.name]
        except KeyError:
            raise FieldDoesNotExist(
                f"RepointForeignKey({self.model_name!r}, {self.name!r}): {app_label} has no such "
                f"field by then; write the name of the field in its models.py"
            ) from None
        _, _, args, kwargs = field.deconstruct()
        pointed = type(field)(*args, **{**kwargs, "to": self.to})
        state.alter_field(*key, self.name, pointed, preserve_default=True)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        before = from_state.apps.get_model(app_label, self.model_name)._meta.get_field(self.name)
        after = model._meta.get_field(self.name)
        old_key, new_key = _key(before), _key(after)
        if old_key is None or new_key is None:
            return  # a model between them has the keys, which are to be repointed themselves
        _refuse_lost(new_key, schema_editor.connection)
        # As the database has it: the stand-in of an old package has no constraints.
        old_key.db_constraint = _has_constraint(old_key, schema_editor.connection)
        schema_editor.alter_field(before.model, before, after)

    database_backwards = database_forwards


def _key(field: Any) -> Any:
    """Return the foreign key to what a field points to; None where a site has a model for that."""
    if not field.many_to_many:
        return field
    through = field.remote_field.through
    return (
        through._meta.get_field(field.m2m_reverse_field_name())
        if (through._meta.auto_created)
        else None
    )


def _has_constraint(key: Any, connection: Any) -> bool:
    with connection.cursor() as cursor:
        table = key.model._meta.db_table
        constraints = connection.introspection.get_constraints(cursor, table).values()
    return any(each["foreign_key"] and each["columns"] == [key.column] for each in constraints)


def _refuse_lost(key: Any, connection: Any) -> None:
    """Raise ValueError where rows point to keys that their new table does not have."""
    target = key.remote_field.model._meta
    if OldTable.find(target.db_table, connection.alias) is None:
        return  # back to an old package that is gone
    quote, table = connection.ops.quote_name, key.model._meta.db_table
    column, pk = quote(key.column), quote(target.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM {quote(table)} b LEFT JOIN {quote(target.db_table)} t "
            f"ON t.{pk} = b.{column} WHERE b.{column} IS NOT NULL AND t.{pk} IS NULL"
        )
        [count] = cursor.fetchone()
    if count:
        raise ValueError(
            f"{table}.{key.column}: {count} rows point to what {target.db_table} does not have; "
            f"take it over first, with --orphans keep, or delete these rows"
        )
