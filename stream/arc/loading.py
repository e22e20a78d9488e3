"""Loading the objects of many rows with arcs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet

from stream.arc.deferred import load_fields
from stream.arc.options import ModelOptions, options_of
from stream.arc.row import Row


def load_objects(
    rows: Sequence[Row],
    loaders: Mapping[type[Model], QuerySet[Any]] | None = None,
    known: Iterable[Model] = (),
    roles: Collection[str] | None = None,
) -> None:
    """Load the objects in some or all roles of these rows: one query for each of their models.

    Objects that are ``known`` are not loaded, unless there is a loader for their model.
    """
    if not rows:
        return
    arcs = [arc for name, arc in rows[0].arcs.items() if roles is None or name in roles]
    attnames = [field.attname for arc in arcs for field in arc.fields]
    if deferred := [name for name in attnames if name not in rows[0].__dict__]:
        load_fields(rows, deferred)
    # By model and key: the caches to fill, as set_cached_value() does, and the names in them.
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
        using = rows[0]._state.db or DEFAULT_DB_ALIAS
        if loaders and model in loaders:
            objects = loaders[model].using(using)
        else:
            objects = options_of(model).load(_all_objects(model, using))
        found = objects.in_bulk(by_pk)
        for pk, places in by_pk.items():
            for cache, name in places:
                cache[name] = found.get(pk)


def _all_objects(model: type[Model], using: str) -> QuerySet[Any]:
    """All objects, for ``load`` of the model's options with the methods of its default manager."""
    objects = model._base_manager.using(using)
    if type(options_of(model)).load is ModelOptions.load or type(objects) is not QuerySet:
        return objects
    return type(model._default_manager.all())(model, using=using)
