"""The functions that add models to an arc, made for any order of imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, overload

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Model, QuerySet

from stream.arc import internals
from stream.arc.arc import Arc
from stream.arc.rules import OnDelete, concrete_model

ModelOrName = type[Model] | str
AddToArc = Callable[[Arc, type[Model], str], None]
_Model = TypeVar("_Model", bound=type[Model])
NOT_GIVEN: Any = object()  # None would be a mistake, such as a setting that is not set
_Models = TypeVar("_Models", bound=ModelOrName | Iterable[ModelOrName])


class Register(Protocol):
    """The signature of ``register_actor`` and its like."""

    @overload
    def __call__(
        self,
        model: _Models,
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = models.CASCADE,
    ) -> _Models: ...
    @overload
    def __call__(
        self,
        *,
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = models.CASCADE,
    ) -> Callable[[_Model], _Model]: ...


class Registration:
    """One call of a register function, carried out when both models are loaded.

    If a model is never loaded, Django's check models.E022 prints this object: the call as typed.
    """

    def __init__(self, call: str, arc_name: str, add: AddToArc) -> None:
        self.call = call
        self.arc_name = arc_name
        self.add = add
        self.__name__ = call
        self.__module__ = add.__module__

    def __str__(self) -> str:
        return self.call

    def __call__(self, owner: type[Model], model: type[Model]) -> None:
        arc: Arc = getattr(owner, self.arc_name)
        is_new = concrete_model(model) not in arc.models
        if is_new and not internals.starting_up():
            raise ImproperlyConfigured(
                f"{self.call}: the site has started already, its tables are set; "
                f"call it in models.py or in AppConfig.ready()."
            )
        self.add(arc, model, self.call)


def register_later(
    owner: tuple[str, str, str],
    model: ModelOrName | Iterable[ModelOrName],
    call: str,
    options: dict[str, Any],
    add: AddToArc,
) -> None:
    """Run ``add(arc, model_class, call)`` for each model as soon as it and the owner are loaded.

    ``owner`` is the app label, the model and the arc. ``call`` is the name of the function that
    people called, and ``options`` its keyword arguments, for messages.
    """
    if isinstance(model, Iterable) and not isinstance(model, str | bytes | QuerySet):
        for each in model:
            register_later(owner, each, call, options, add)
        return
    label = model if isinstance(model, str) else _label(model, call)
    typed = [repr(model) if isinstance(model, str) else label]
    typed += [f"{name}={value!r}" for name, value in options.items() if value is not None]
    call = f"{call}({', '.join(typed)})"
    if "." not in label:
        raise ImproperlyConfigured(f"{call}: write the model as 'app_label.{label}'.")
    app_label, owner_name, arc_name = owner
    registration = Registration(call, arc_name, add)
    model_app, model_name = label.rsplit(".", 1)
    if internals.starting_up():  # case counts in an app's label, but not in a model's name
        names = (app_label, owner_name), (model_app, model_name.lower())
        apps.lazy_model_operation(registration, *names)
        return
    try:  # all models are loaded
        models = apps.get_model(app_label, owner_name), apps.get_model(model_app, model_name)
    except LookupError as error:
        raise ImproperlyConfigured(f"{call}: {str(error).rstrip('.')}.") from None
    registration(*models)


def _typed(model: Any) -> str:
    if isinstance(model, QuerySet):  # to show its objects would ask the database
        return f"a queryset of {model.model._meta.label}"
    return f"{model!r:.80}"


def _label(model: Any, call: str) -> str:
    if not (isinstance(model, type) and issubclass(model, Model)):
        raise ImproperlyConfigured(
            f"{call}({_typed(model)}): pass a model class, 'app_label.Model' or a list of them."
        )
    if model._meta.abstract:  # Django never reports it as loaded
        raise ImproperlyConfigured(
            f"{call}({model._meta.label}): an abstract model has no table; register its subclasses."
        )
    return model._meta.label


def make_register(name: str, owner: tuple[str, str, str]) -> Register:
    """Make the register function of an arc, such as ``register_actor``."""

    def register(
        model: Any = NOT_GIVEN,
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = models.CASCADE,
    ) -> Any:
        if model is NOT_GIVEN:
            return lambda model: register(model, field_name, related_name, on_delete)

        def add(arc: Arc, model_class: type[Model], call: str) -> None:
            arc.add(model_class, field_name, related_name, on_delete, call=call)

        options = {"field_name": field_name, "related_name": related_name}
        register_later(owner, model, name, options, add)
        return model

    register.__name__ = register.__qualname__ = name
    register.__doc__ = f"""Let a model be the {owner[2].replace("_", " ")} of actions.

    Takes a model class, its name ("blog.Post", settings.AUTH_USER_MODEL) or a list of them, and
    works as a decorator. Call it in models.py or in AppConfig.ready(), in any order of apps.
    Returns what it was given. Raises ImproperlyConfigured where the model or the column is
    impossible, at the latest when all models are loaded; an unknown name is system check
    models.E022.
    """
    return register
