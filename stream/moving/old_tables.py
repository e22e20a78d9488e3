"""The tables of another package, as the database describes them: it need not be installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import CommandError
from django.db import connections
from django.db.models import Model


@dataclass
class OldTable:
    """A table and its columns: their names, and the fields that Django takes them for."""

    name: str
    using: str
    columns: dict[str, str] = field(default_factory=dict)

    @classmethod
    def find(cls, name: str, using: str) -> OldTable | None:
        """Return the table of this name, or None where the database has none."""
        connection = connections[using]
        with connection.cursor() as cursor:
            if name not in connection.introspection.table_names(cursor):
                return None
            described = connection.introspection.get_table_description(cursor, name)
        kinds = connection.introspection
        columns = {each.name: str(kinds.get_field_type(each.type_code, each)) for each in described}
        return cls(name, using, columns)

    def require(self, columns: set[str]) -> None:
        """Raise CommandError where columns are missing: it is the table of something else."""
        if missing := columns - self.columns.keys():
            raise CommandError(
                f"{self.name}: this is no such table, since it has no {', '.join(sorted(missing))}"
            )


def references(table: str, using: str) -> Iterator[str]:
    """Yield the columns of other tables with foreign keys to a table."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names(cursor)):
            if name == table:
                continue
            relations: Any = connection.introspection.get_relations(cursor, name)
            for column, relation in sorted(relations.items()):
                if relation[1] == table:  # (its column, table, …)
                    yield f"{name}.{column}"


def drop_table(table: OldTable) -> None:
    """Drop a table with its rows."""
    connection = connections[table.using]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {connection.ops.quote_name(table.name)}")


class ContentTypes:
    """The content types of a database by their keys, and the models that these stand for."""

    def __init__(self, using: str) -> None:
        self.using = using

    @cached_property
    def labels(self) -> dict[int, str]:
        rows = ContentType._base_manager.using(self.using)
        return {row.pk: f"{row.app_label}.{row.model}" for row in rows}

    def label(self, key: int) -> str:
        """Return "blog.Post", or the words of the table where there is no such model."""
        model = self.model(key)
        return model._meta.label if model else self.labels.get(key, f"content type {key}")

    def model(self, key: int) -> type[Model] | None:
        try:
            return apps.get_model(self.labels[key])
        except (KeyError, LookupError, ValueError):
            return None
