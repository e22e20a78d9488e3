"""Reading the hooks of models that publish themselves, on an object and on the class.

A text names a field, such as "photo" or "photo__album"; only the verb is a text itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q
from django.db.models.expressions import BaseExpression

if TYPE_CHECKING:
    from stream.models import Action

ROLE_OF_HOOK = {
    "activity_actor": "actor",
    "activity_target": "target",
    "activity_action_object": "action_object",
    "activity_context": "context",
}
#: The hooks in which a text names a field.
NAMING = (*ROLE_OF_HOOK, "activity_time", "activity_data", "activity_public", "activity_notify")


class Convention:
    """A hook that is the first of these attributes that the model has, or None."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __get__(self, obj: Model | None, owner: type[Model]) -> Any:
        if obj is None:
            return self
        name = self.name_on(owner)
        return getattr(obj, name) if name else None

    def name_on(self, model: type[Model]) -> str | None:
        return next((name for name in self.names if hasattr(model, name)), None)


itself = property(lambda obj: obj, doc="Return the object.")


def action_model() -> type[Action]:
    """Return ``Action``. Models that publish themselves are imported before it may be."""
    return apps.get_model("stream", "Action")


def read(obj: Model, hook: str) -> Any:
    """Return what a hook says of an object. A path ends at the first None."""
    value = getattr(obj, hook)
    if not isinstance(value, str):
        return value
    for name in value.split("__"):
        obj = _stored(obj, name)
        if obj is None:
            break
    return obj


def _stored(obj: Any, name: str) -> Any:
    """Return an attribute, or for an expression, which Django 5.2 leaves in a field, its result."""
    value = getattr(obj, name)
    if not is_expression(value):
        return value
    objects = type(obj)._base_manager.using(obj._state.db)
    return objects.values_list(name, flat=True).get(pk=obj.pk)


def is_expression(value: Any) -> bool:
    return isinstance(value, BaseExpression | F | Q)


def static(model: type[Model], hook: str) -> Any:
    """Return a hook as it stands on the class: a value, a property or a descriptor."""
    return inspect.getattr_static(model, hook)


def path_of(model: type[Model], hook: str) -> str | None:
    """Return the path of the field that a hook is or names, or None if code decides."""
    value = static(model, hook)
    if isinstance(value, Convention):
        return value.name_on(model)
    if isinstance(value, str):
        return value
    return hook if any(field.name == hook for field in model._meta.fields) else None


def relations(model: type[Model], path: str) -> Iterator[tuple[str, Any]]:
    """Yield the relations along a path, each with the model it leads to, which may be unknown.

    They end at what is not a relation, or not a field.
    """
    steps: list[str] = []
    at: Any = model
    for step in path.split("__"):
        try:
            field = at._meta.get_field(step)
        except FieldDoesNotExist:  # a property
            return
        if not field.is_relation:
            return
        steps.append(step)
        at = field.related_model
        yield "__".join(steps), at
        if not hasattr(at, "_meta"):  # a generic relation, or a model that does not exist
            return


def model_of(model: type[Model], hook: str) -> type[Model] | None:
    """Return the model of the objects that a hook gives, or None if only code knows."""
    if static(model, hook) is itself:
        return model
    path = path_of(model, hook)
    found = list(relations(model, path)) if path else []
    at = found[-1][1] if found and found[-1][0] == path else None
    return at if hasattr(at, "_meta") else None


def related_names(model: type[Model]) -> list[str]:
    """Return the relations that the hooks read, as far as they are fields or paths."""
    names: dict[str, None] = dict.fromkeys(model.activity_related_models)  # type: ignore[attr-defined]
    for hook in NAMING:
        if path := path_of(model, hook):
            names |= dict.fromkeys(name for name, _ in relations(model, path))
    return list(names)
