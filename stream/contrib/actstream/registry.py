"""Registering models by the old names: in all three roles, and to be followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from follow.utils import register as register_follow
from stream.arc import Arc
from stream.arc.rules import concrete_model
from stream.contrib.actstream.telling import tell
from stream.contrib.old_modules import old_names
from stream.following import find_follow_model
from stream.utils import register_action_object, register_actor, register_target

__all__ = ["RegistrationError", "check", "register", "registry", "unregister"]

RegistrationError = ImproperlyConfigured

ROLES = ("actor", "target", "action_object")


class Registry(Mapping[type[Model], Any]):
    """The models that are registered in a role, and the columns of their roles."""

    def __init__(self) -> None:
        self.left_out: set[type[Model]] = set()

    def __getitem__(self, model: type[Model]) -> dict[str, Any]:
        if model not in self:
            raise KeyError(model)
        found = {role: arc.find_field(model) for role, arc in self._arcs().items()}
        return {role: field for role, field in found.items() if field}

    def __iter__(self) -> Iterator[type[Model]]:
        models = dict.fromkeys(each for arc in self._arcs().values() for each in arc.models)
        return iter([each for each in models if each not in self.left_out])

    def __len__(self) -> int:
        return sum(1 for _each in self)

    def __contains__(self, model: object) -> bool:
        return model not in self.left_out and any(
            arc.find_field(model) for arc in self._arcs().values()
        )

    @staticmethod
    def _arcs() -> dict[str, Arc]:
        arcs: dict[str, Arc] = apps.get_model("stream", "Action").arcs
        return {role: arcs[role] for role in ROLES}

    def register(self, *models: Any) -> None:
        """Register models in all three roles, and to be followed."""
        for model in models:
            name = f'"{model}"' if isinstance(model, str) else model.__name__
            tell(
                f"actstream.registry.register({name})",
                f"register_actor({name}), register_target({name}) and "
                f"register_action_object({name}) of stream.utils as far as it has these roles, and "
                f"follow.utils.register({name})",
            )
            for add in (register_actor, register_target, register_action_object, register_follow):
                add(model)
            self.left_out.discard(self._found(model) if apps.models_ready else model)

    def unregister(self, *models: Any) -> None:
        """Let ``check`` refuse these models. Their columns stay, as their relations did."""
        for model in models:
            tell(
                "actstream.registry.unregister()",
                "nothing, and take out what registers the model; makemigrations drops its columns",
            )
            self.left_out.add(self._found(model))

    def check(self, model_or_object: Any) -> None:
        """Raise ImproperlyConfigured for an object or a model that is not registered."""
        tell(
            "actstream.registry.check()",
            "Action.actor.field_for(obj), which raises NotRegistered",
        )
        try:
            model = concrete_model(model_or_object)
        except TypeError as error:
            raise RuntimeError(f"actstream.registry.check(): {error}") from None
        follow = find_follow_model()
        can_be_followed = follow and follow.target.find_field(model) and model not in self.left_out
        if model not in self and not can_be_followed:
            label = model._meta.label
            raise ImproperlyConfigured(
                f"actstream.registry.check(): {label} is not registered; write register_actor, "
                f"register_target or register_action_object('{label}') of stream.utils."
            )

    @staticmethod
    def _found(model: Any) -> type[Model]:
        return concrete_model(apps.get_model(model) if isinstance(model, str) else model)


registry = Registry()
register, unregister, check = registry.register, registry.unregister, registry.check

__getattr__ = old_names(
    __name__,
    {"ActionableModelRegistry": "stream.contrib.actstream.registry.Registry"},
    {
        "is_installed": "write django.apps.apps.is_installed(name)",
        "label": "write model._meta.label",
        "setup_generic_relations": "register() gives a model its related managers",
        "validate": "check(obj) raises for what is not registered",
    },
)
