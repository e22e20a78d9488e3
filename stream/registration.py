"""The functions that add models to an arc, made for any order of imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, overload

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Model

from stream import internals
from stream.arc import Arc
from stream.arc_rules import OnDelete

ModelOrName = type[Model] | str
_Model = TypeVar("_Model", bound=type[Model])
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
        model: None = None,
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = models.CASCADE,
    ) -> Callable[[_Model], _Model]: ...


class Registration:
    """One call of a register function, carried out when both models are loaded.

    Where a model never comes, Django's check models.E022 prints this object: the call as typed.
    """

    def __init__(self, call: str, carry_out: Callable[[type[Model], type[Model]], None]) -> None:
        self.call = call
        self.carry_out = carry_out
        self.__name__ = call
        self.__module__ = carry_out.__module__

    def __str__(self) -> str:
        return self.call

    def __call__(self, owner: type[Model], model: type[Model]) -> None:
        self.carry_out(owner, model)


def register_later(
    owner: str,
    model: ModelOrName | Iterable[ModelOrName],
    call: str,
    options: dict[str, Any],
    carry_out: Callable[[type[Model], type[Model], str], None],
) -> None:
    """Run ``carry_out(owner_class, model_class, call)`` for each model as soon as both are loaded.

    ``owner`` is "app.Model". ``call`` is the name of the function that people called, and
    ``options`` its keyword arguments, for messages. Raises ImproperlyConfigured after start-up.
    """
    if not isinstance(model, str) and isinstance(model, Iterable):
        for each in model:
            register_later(owner, each, call, options, carry_out)
        return
    typed = [repr(model) if isinstance(model, str) else _label(model, call)]
    typed += [f"{name}={value!r}" for name, value in options.items() if isinstance(value, str)]
    call = f"{call}({', '.join(typed)})"
    if not internals.starting_up():
        raise ImproperlyConfigured(
            f"{call}: the site has started already, its tables are set; "
            f"call it in models.py or in AppConfig.ready()."
        )
    label = model if isinstance(model, str) else model._meta.label
    app_label, _, model_name = label.partition(".")
    if not model_name:
        raise ImproperlyConfigured(f"{call}: write the model as 'app_label.{label}'.")
    registration = Registration(call, lambda owner, model: carry_out(owner, model, call))
    owner_app, _, owner_name = owner.lower().partition(".")
    apps.lazy_model_operation(
        registration, (owner_app, owner_name), (app_label, model_name.lower())
    )


def _label(model: Any, call: str) -> str:
    if not (isinstance(model, type) and issubclass(model, Model)):
        raise ImproperlyConfigured(
            f"{call}({model!r:.80}): pass a model class, 'app_label.Model' or a list of them."
        )
    if model._meta.abstract:  # it would never be announced as loaded
        raise ImproperlyConfigured(
            f"{call}({model._meta.label}): an abstract model has no table; register its subclasses."
        )
    return model._meta.label


def make_register(name: str, owner: str, arc_name: str) -> Register:
    """Make the register function of an arc, such as ``register_actor``."""

    def register(
        model: Any = None,
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = models.CASCADE,
    ) -> Any:
        if model is None:
            return lambda model: register(model, field_name, related_name, on_delete)

        def carry_out(owner_class: type[Model], model_class: type[Model], call: str) -> None:
            arc: Arc = getattr(owner_class, arc_name)
            arc.add(model_class, field_name, related_name, on_delete, call=call)

        options = {"field_name": field_name, "related_name": related_name}
        register_later(owner, model, name, options, carry_out)
        return model

    register.__name__ = register.__qualname__ = name
    register.__doc__ = f"""Let a model be the {arc_name.replace("_", " ")} of actions.

    Takes a model class, its name ("blog.Post", settings.AUTH_USER_MODEL) or a list of them, and
    works as a decorator. Call it in models.py or in AppConfig.ready(), in any order of apps.
    Returns what it was given. Raises ImproperlyConfigured where the model or the column is
    impossible, at the latest when all models are loaded; an unknown name is system check
    models.E022.
    """
    return register
