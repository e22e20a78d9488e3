"""Loading the objects of many rows with arcs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet

from stream.arc.columns import ArcForeignKey
from stream.arc.row import Row


def load_objects(
    rows: Sequence[Row],
    loaders: Mapping[type[Model], QuerySet[Any]] | None = None,
    known: Iterable[Model] = (),
) -> None:
    """Load the objects in all roles of these rows: one query for each model of the objects.

    None for those that are known, unless there is a loader for them.
    """
    if not rows:
        return
    arcs = rows[0].arcs.values()
    _load_deferred_columns(rows, [field for arc in arcs for field in arc.fields])
    # By model and key the caches of rows, and the names in them, as set_cached_value has it.
    wanted: dict[type[Model], dict[Any, list[tuple[dict[str, Any], str]]]] = {}
    for row in rows:
        cache = row._state.fields_cache
        for arc in arcs:
            if (field := arc.filled_field(row)) and (name := field.cache_name) not in cache:
                by_pk = wanted.setdefault(field.related_model, {})
                by_pk.setdefault(getattr(row, field.attname), []).append((cache, name))
    for obj in known:
        if not loaders or type(obj) not in loaders:
            for cache, name in wanted.get(type(obj), {}).pop(obj.pk, ()):
                cache[name] = obj
    for model, by_pk in wanted.items():
        if not by_pk:
            continue
        objects = model._base_manager.using(rows[0]._state.db or DEFAULT_DB_ALIAS)
        if loaders and model in loaders:
            objects = loaders[model].using(objects.db)
        elif names := getattr(model, "activity_related_models", ()):
            objects = with_related(objects, names)
        found = objects.in_bulk(by_pk)
        for pk, places in by_pk.items():
            for cache, name in places:
                cache[name] = found.get(pk)


def _load_deferred_columns(rows: Sequence[Row], fields: Iterable[ArcForeignKey]) -> None:
    """Load the columns of arcs that a queryset has deferred, for all rows in one query."""
    deferred = [field.attname for field in fields if field.attname not in rows[0].__dict__]
    if not deferred:
        return
    by_pk = {row.pk: row for row in rows}
    stored = type(rows[0])._base_manager.using(rows[0]._state.db).filter(pk__in=by_pk)
    for values in stored.values("pk", *deferred):
        by_pk[values.pop("pk")].__dict__.update(values)


def with_related(rows: QuerySet[Any], names: Iterable[str]) -> QuerySet[Any]:
    """Load related objects too: those to one by a join, those to many by a query for each name."""
    to_one = [name for name in names if _is_to_one(rows.model, name)]
    if to_one:
        rows = rows.select_related(*to_one)
    return rows.prefetch_related(*(name for name in names if name not in to_one))


def _is_to_one(model: Any, name: str) -> bool:
    for step in name.split("__"):
        field = model._meta.get_field(step)
        model = field.related_model
        if not model or not (field.many_to_one or field.one_to_one):
            return False
    return True
