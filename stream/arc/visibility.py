"""Which objects a reader may know of, and which rows, by the rules of the objects in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.db.models import Manager, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from stream.arc.arc import Arc
from stream.arc.options import ModelOptions, options_of
from stream.arc.row import Row
from stream.arc.rules import concrete_model, signed_in

# Objects


def visible_objects(model: type[Model], reader: Any) -> QuerySet[Any]:
    """Return the objects of a model that a reader may know of; None is an anonymous reader.

    ``visible_to`` of the registered model's options or manager decides, where there is one, for
    proxies and children too. Else they are all of them, for readers with the model's permission
    ``view``; or those in an action that the reader may see, and the reader. They load as
    ``ModelOptions.load`` says.
    """
    tables = _tables()
    model = _ruling_model(model, tables)
    objects = options_of(model).load(_ruled(model, reader))
    readable = [each for each in tables if hasattr(each._default_manager, "visible_to")]
    if _has_rule(model) or not readable or _may_view_all(model, reader):
        return objects
    return objects.filter(_seen(model, reader, readable))


def followable_objects(model: type[Model], reader: Any) -> QuerySet[Any]:
    """Return the objects of a model that a reader may begin to follow: all that no rule hides.

    Without a rule, objects that nobody has heard of can be followed too, such as a new post or
    user: to follow an object tells that it is there, and no more.
    """
    return _ruled(_ruling_model(model, _tables()), reader)


def registered_model(model_or_obj: Any, arcs: Iterable[Arc]) -> type[Model] | None:
    """Return the model that stands for an object: its own or else its nearest registered parent."""
    arcs = list(arcs)
    for model in concrete_model(model_or_obj).__mro__:
        if any(model in arc.models for arc in arcs):
            return model
    return None


def _tables() -> list[type[Row]]:
    """Return the models with arcs, such as Action and Follow."""
    models = (model for model in apps.get_models() if issubclass(model, Row))
    return [each for each in models if any(arc.model is each for arc in each.arcs.values())]


def _ruling_model(model: type[Model], tables: list[type[Row]]) -> type[Model]:
    """Return the model whose rule says which objects a reader may know of."""
    arcs = (arc for table in tables for arc in table.arcs.values())
    return registered_model(model, arcs) or concrete_model(model)


def _ruled(model: type[Model], reader: Any) -> QuerySet[Any]:
    """Return the objects that a model's rule gives. Raises TypeError for what is no queryset."""
    if getattr(reader, "is_anonymous", False):
        reader = None
    objects: Any = options_of(model).visible_to(model._default_manager.all(), reader)
    if not isinstance(objects, QuerySet) or objects.query.is_sliced or objects.query.combinator:
        raise TypeError(
            f"visible_to() of {model._meta.label} returned {type(objects).__name__} that cannot be "
            f"filtered; return a queryset without a slice and union()"
        )
    return objects


def _has_rule(model: type[Model]) -> bool:
    has_own = type(options_of(model)).visible_to is not ModelOptions.visible_to
    return has_own or hasattr(model._default_manager, "visible_to")


def _may_view_all(model: type[Model], reader: Any) -> bool:
    meta = model._meta
    permission = f"{meta.app_label}.{get_permission_codename('view', meta)}"
    # A custom user model may have no permissions.
    return hasattr(reader, "has_perm") and bool(reader.has_perm(permission))


def _seen(model: type[Model], reader: Any, tables: list[type[Row]]) -> Q:
    """Build the condition that an object is in a row that the reader may see, or is the reader."""
    seen = Q(pk__in=[])
    for table in tables:
        manager: Any = table._default_manager
        rows = manager.visible_to(reader)
        for arc in table.arcs.values():
            if field := arc.find_field(model):
                seen |= Q(IsNull(field.first_of_outer(rows), False))
    user = signed_in(reader, "visible_objects")
    if user and issubclass(concrete_model(model), concrete_model(user)):
        seen |= Q(pk=user.pk)
    return seen


# Rows


def guards(table: type[Row], reader: Any) -> list[Q]:
    """Return the conditions that a reader may know of all objects of a row. No query.

    One for each column of a model that hides some from this reader: usually none. Each looks its
    object up by its key: of EXISTS, planners may read all objects that the rule gives.
    """
    found, shown = [], {}
    for field in (field for arc in table.arcs.values() for field in arc.fields):
        model = field.related_model
        if model not in shown:
            shown[model] = _ruled(model, reader).order_by() if _may_hide(model) else None
        objects = shown[model]
        if objects is not None and (objects.query.has_filters() or objects.query.is_empty()):
            one = objects.filter(pk=OuterRef(field.attname)).values("pk")[:1]
            is_visible = IsNull(Subquery(one), False)
            found.append(Q((f"{field.name}__isnull", True)) | Q(is_visible))
    return found


def _may_hide(model: type[Model]) -> bool:
    """Tell whether a model has a rule, or a default manager that may leave out objects."""
    read = model._default_manager.get_queryset
    return _has_rule(model) or getattr(read, "__func__", None) is not Manager.get_queryset
