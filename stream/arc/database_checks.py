"""System checks of a model with arcs against its databases: their columns, and the router."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader

from stream.arc.columns import ArcForeignKey
from stream.arc.row import Row


def check_columns(model: type[Row], databases: Sequence[str]) -> Iterator[CheckMessage]:
    meta = model._meta
    for alias in databases:
        if not router.allow_migrate_model(alias, model):
            continue
        connection = connections[alias]
        with connection.cursor() as cursor:
            if meta.db_table not in connection.introspection.table_names(cursor):
                continue  # the first migrate has yet to run
            description = connection.introspection.get_table_description(cursor, meta.db_table)
        columns = {column.name for column in description}
        arcs = (*model.arcs.values(), *model.links.values())
        missing = [field for arc in arcs for field in arc.fields if field.column not in columns]
        for field in missing:
            if commands := _commands_to_add(field, connection):
                yield Warning(
                    f"{meta.label}.{field.name} has no column in the database '{alias}'.",
                    hint=commands,
                    obj=model,
                    id=f"{meta.app_label}.W002",
                )


def _commands_to_add(field: ArcForeignKey, connection: Any) -> str:
    """Return what adds a column, or "" for one that the next migrate adds by itself."""
    app_label, name = field.model._meta.app_label, field.model._meta.model_name
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    applied = [node for node in loader.graph.nodes if node in loader.applied_migrations]
    is_known, is_applied = (
        field.name in getattr(state.models.get((app_label, name)), "fields", ())
        for state in (loader.project_state(), loader.project_state(applied))
    )
    if is_applied:
        return f"An applied migration of '{app_label}' adds it: migrate back, then forward."
    command = f"python manage.py makemigrations {app_label}; python manage.py migrate"
    return "" if is_known else f"Run: {command}"


def check_routers(model: type[Row]) -> Iterator[CheckMessage]:
    meta = model._meta
    for alias in connections:
        if not router.allow_migrate_model(alias, model):
            continue
        for field in meta.local_fields:
            other: Any = field.related_model
            if other and not router.allow_migrate_model(alias, other):
                yield Error(
                    f"{meta.label}.{field.name} is in the database '{alias}', but the router keeps "
                    f"{other._meta.label} out of it.",
                    hint="Let allow_migrate() of your DATABASE_ROUTERS give the same answer for "
                    f"'{meta.app_label}' and the models that are registered: a foreign key cannot "
                    "lead to another database.",
                    obj=model,
                    id=f"{meta.app_label}.E060",
                )
