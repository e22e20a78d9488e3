"""System checks of models that publish themselves."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isfunction
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Model

from stream.actions.building import checked_verb
from stream.arc.values import refuse_values
from stream.publishing.hooks import (
    NAMING,
    ROLE_OF_HOOK,
    Convention,
    action_model,
    path_of,
    relations,
    static,
)


def check(model: Any) -> list[CheckMessage]:
    """Return what is wrong with a model's hooks: E010 to E019 and W010."""
    if not apps.is_installed("stream"):
        return [
            Error(
                f"{model._meta.label} publishes itself, but 'stream' is not installed.",
                hint="Add 'stream' to INSTALLED_APPS.",
                obj=model,
                id="stream.E010",
            )
        ]
    return [
        *_check_actor(model),
        *_check_forms(model),
        *_check_time(model),
        *_check_constants(model),
        *_check_roles(model),
        *_check_related_models(model),
        *_check_notify(model),
        *_check_refresh(model),
        *_check_manager(model),
    ]


def _check_actor(model: type[Model]) -> Iterator[CheckMessage]:
    actor = static(model, "activity_actor")
    if actor is None or (isinstance(actor, Convention) and actor.name_on(model) is None):
        yield Error(
            f"{model._meta.label} does not say who acts.",
            hint="Write activity_actor, such as activity_actor = 'author', or name the field "
            "'user' or 'actor'.",
            obj=model,
            id="stream.E011",
        )


def _check_forms(model: type[Model]) -> Iterator[CheckMessage]:
    for hook in (*NAMING, "activity_verb", "activity_related_models", "activity_refresh"):
        value = static(model, hook)
        if isfunction(value) or isinstance(value, staticmethod | classmethod):
            yield Error(
                f"{model._meta.label}.{hook} is a method.",
                hint=f"Write @property above def {hook}(self).",
                obj=model,
                id="stream.E012",
            )
    for hook in NAMING:
        path = static(model, hook)
        if isinstance(path, str) and not is_readable(model, path):
            yield Error(
                f"{model._meta.label}.{hook} = {path!r}: there is no such field.",
                hint="Write a field's name, such as 'photo' or 'photo__album'.",
                obj=model,
                id="stream.E013",
            )


def is_readable(model: Any, path: str) -> bool:
    """Tell whether a path leads to an attribute, as far as the classes tell."""
    for step in path.split("__"):
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            return hasattr(model, step)  # beyond a property nothing is known
        if not field.is_relation or not hasattr(field.related_model, "_meta"):
            return path.endswith(step)
        model = field.related_model
    return True


def _check_time(model: type[Model]) -> Iterator[CheckMessage]:
    path = path_of(model, "activity_time")
    fields = {field.name: field for field in model._meta.fields}
    if path in fields and not isinstance(fields[path], DateTimeField):
        yield Error(
            f"{model._meta.label}.activity_time: the field {path!r} is no DateTimeField.",
            hint="Name another field, or write activity_time = None for the time of saving.",
            obj=model,
            id="stream.E019",
        )


def _check_constants(model: type[Model]) -> Iterator[CheckMessage]:
    verb, data = static(model, "activity_verb"), static(model, "activity_data")
    try:
        call, action = f"{model.__name__}.activity", action_model()
        if isinstance(verb, str):
            refuse_values(action, {"verb": checked_verb(verb, call)}, call)
        if isinstance(data, dict):
            refuse_values(action, {"data": data}, call)
    except (TypeError, ValueError) as error:
        yield Error(str(error), obj=model, id="stream.E014")


def _check_roles(model: type[Model]) -> Iterator[CheckMessage]:
    for hook, role in ROLE_OF_HOOK.items():
        if static(model, hook) is not None and not action_model().arcs[role].models:
            yield Error(
                f"{model._meta.label}.{hook}: no model is registered as {role.replace('_', ' ')}.",
                hint=f"Write stream.utils.register_{role}(…) with the model that it returns.",
                obj=model,
                id="stream.E015",
            )


def _check_related_models(model: Any) -> Iterator[CheckMessage]:
    names = model.activity_related_models
    wrong: list[str] = [names] if isinstance(names, str) else []
    if isinstance(names, list | tuple):
        wrong = [name for name in names if name not in dict(relations(model, name))]
    for name in wrong:
        yield Error(
            f"{model._meta.label}.activity_related_models: {name!r} is no relation in a list.",
            hint="Write names as for select_related() or prefetch_related(), such as ['photo'].",
            obj=model,
            id="stream.E016",
        )


def _check_notify(model: type[Model]) -> Iterator[CheckMessage]:
    notifies = static(model, "activity_notify") is not None
    if notifies and not apps.is_installed("stream.notifications"):
        yield Error(
            f"{model._meta.label}.activity_notify: 'stream.notifications' is not installed.",
            hint="Add 'stream.notifications' to INSTALLED_APPS.",
            obj=model,
            id="stream.E017",
        )


def _check_refresh(model: Any) -> Iterator[CheckMessage]:
    wanted = model.activity_refresh
    names = {field.name for field in model._meta.get_fields()}
    is_list = isinstance(wanted, list | tuple | set | frozenset)
    if not isinstance(wanted, bool) and not (is_list and names.issuperset(wanted)):
        yield Error(
            f"{model._meta.label}.activity_refresh = {wanted!r:.80}: it is no list of fields.",
            hint="Write True, False or a list of the model's fields.",
            obj=model,
            id="stream.E018",
        )


def _check_manager(model: type[Model]) -> Iterator[CheckMessage]:
    if not hasattr(model._default_manager, "publish_activities"):
        yield Warning(
            f"{model._meta.label}: what its default manager writes in bulk is not published.",
            hint="Let the manager inherit from stream.activity.ActivityManager.",
            obj=model,
            id="stream.W010",
        )
