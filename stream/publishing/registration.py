"""Registering the models that publish themselves, once all models are loaded."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Model

from stream.arc.rules import concrete_model
from stream.publishing.hooks import ROLE_OF_HOOK, action_model, model_of, static
from stream.text import UNNAMED


def register_activities(base: type[Model]) -> None:
    """Register each model that publishes itself, parents before their children."""
    models = [each for each in apps.get_models() if issubclass(each, base)]
    for model in sorted(models, key=lambda each: len(each.__mro__)):
        register_activity(model)
        if static(model, "activity_verb") is vars(base)["activity_verb"]:
            UNNAMED[str(model._meta.model_name)] = model


def register_activity(model: type[Model]) -> None:
    """Register a model as an origin of actions, and the models that its hooks give in their roles.

    Models that are registered already, with options or through a parent, stay as they are.
    """
    action = action_model()
    if not action.origin.find_field(model):
        name = model.activity_field_name  # type: ignore[attr-defined]
        action.origin.add(model, name, call=f"{model._meta.label}(Activity)")
    for hook, role in ROLE_OF_HOOK.items():
        other, arc = model_of(model, hook), action.arcs[role]
        if other and not arc.find_field(other):
            label = concrete_model(other)._meta.label
            arc.add(other, call=f"register_{role}({label!r})")
