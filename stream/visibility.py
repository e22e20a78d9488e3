"""Which objects a reader may know of: one rule for the pages, the feeds and the REST API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from stream.arc_rules import concrete_model, signed_in
from stream.models import Action
from stream.query import ActionQuerySet


def visible_objects(model: type[Model], reader: Any) -> QuerySet[Any]:
    """Return the objects of a model that a reader may know of; None is an anonymous reader.

    The model's default manager decides, by its method ``visible_to(user)``, where it has one. Else
    they are all of them, for readers with the model's permission ``view``; or those in an action
    that the reader may see, and the reader.
    """
    reader = AnonymousUser() if reader is None else reader
    manager: Any = model._default_manager
    if hasattr(manager, "visible_to"):
        chosen: QuerySet[Any] = manager.visible_to(reader)
        return chosen
    objects: QuerySet[Any] = manager.all()
    return objects if _may_view_all(model, reader) else objects.filter(_seen(model, reader))


def _may_view_all(model: type[Model], reader: Any) -> bool:
    meta = model._meta
    permission = f"{meta.app_label}.{get_permission_codename('view', meta)}"
    # A user model of the site's own may have no permissions.
    return hasattr(reader, "has_perm") and bool(reader.has_perm(permission))


def _seen(model: type[Model], reader: Any) -> Q:
    seen = Q(pk__in=[])
    actions: ActionQuerySet = Action.objects.visible_to(reader).order_by()
    for arc in Action.arcs.values():
        if field := arc.find_field(model):
            seen |= Q(Exists(actions.filter(**{field.name: OuterRef("pk")})))
    user = signed_in(reader, "visible_objects")
    if user and issubclass(concrete_model(model), concrete_model(user)):
        seen |= Q(pk=user.pk)
    return seen
