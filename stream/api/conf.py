"""The settings of the API, read live so that ``override_settings`` works."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.module_loading import import_string
from rest_framework.serializers import BaseSerializer

from stream.actions.building import checked_verb
from stream.arc.options import chosen_models, options_of
from stream.arc.rules import concrete_model
from stream.conf import load_subclass
from stream.models import Action
from stream.text import ROLES

SERIALIZER = "rest_framework.serializers.BaseSerializer"

# The site reads what users write, so there are limits, unless the site sets others, or None.
RATES = {
    "stream_create": "60/hour",
    "stream_follow": "600/hour",
    "stream_notifications": "1200/hour",
}


#: The roles of whose objects a user who acts has the choice.
CHOSEN_ROLES = tuple(role for role in ROLES if role != "actor")


def login_is_required() -> bool:
    """Tell whether Django's ``LoginRequiredMiddleware``, or a subclass, is installed."""
    found = (import_string(name) for name in settings.MIDDLEWARE)
    return any(
        isinstance(each, type) and issubclass(each, LoginRequiredMiddleware) for each in found
    )


def sent_by_users() -> dict[str, dict[str, list[type[Model]]]]:
    """Return the verbs that users may send, each with the models for each of its roles."""
    return {
        verb: {
            role: [concrete_model(apps.get_model(label)) for label in labels]
            for role, labels in roles.items()
        }
        for verb, roles in getattr(settings, "STREAM_API_ACTIONS", {}).items()
    }


def serializer_of(model_or_obj: Any) -> type[BaseSerializer[Any]] | None:
    """Return the serializer that a model's options name, if any. Raises ImproperlyConfigured."""
    options = options_of(model_or_obj)
    if options.serializer is None:
        return None
    serializer: type[BaseSerializer[Any]] = load_subclass(
        f"{type(options).__qualname__}.serializer", options.serializer, SERIALIZER
    )
    return serializer


def check() -> None:
    """Raise ImproperlyConfigured if a setting names what does not exist, or shows everything."""
    _check_serializers()
    _check_actions()


def _check_actions() -> None:
    chosen = getattr(settings, "STREAM_API_ACTIONS", {})
    if not isinstance(chosen, dict):
        raise ImproperlyConfigured(
            f"STREAM_API_ACTIONS = {chosen!r:.80}: write a dict of verbs and roles, such as "
            f"{{'liked': {{'target': ['blog.Post']}}}}."
        )
    for verb, roles in chosen.items():
        setting = f"STREAM_API_ACTIONS[{verb!r:.80}] = {roles!r:.80}"
        try:
            checked_verb(verb, "action.send")
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"{setting}: {error}.") from None
        if not isinstance(roles, dict) or not set(roles).issubset(CHOSEN_ROLES):
            raise ImproperlyConfigured(
                f"{setting}: write a dict of {', '.join(map(repr, CHOSEN_ROLES))}, or {{}} "
                f"for none."
            )
        for role, labels in roles.items():
            if not isinstance(labels, list | tuple) or not labels:
                raise ImproperlyConfigured(
                    f"{setting}: write a list of models for '{role}', such as ['blog.Post']."
                )
            for label in labels:
                _check_model(setting, role, label)


def _get_model(setting: str, label: Any) -> type[Model]:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError, AttributeError):
        raise ImproperlyConfigured(
            f"{setting}: there is no model {label!r}; write it as 'app_label.Model'."
        ) from None


def _check_model(setting: str, role: str, label: Any) -> None:
    if not Action.arcs[role].find_field(_get_model(setting, label)):
        raise ImproperlyConfigured(
            f"{setting}: {label} is not registered in this role; call register_{role}({label!r})."
        )


def _check_serializers() -> None:
    for model in chosen_models():
        serializer = serializer_of(model)
        if getattr(getattr(serializer, "Meta", None), "fields", None) == "__all__":
            named = type(options_of(model)).__qualname__
            raise ImproperlyConfigured(
                f"{named}.serializer = {options_of(model).serializer!r}: fields = '__all__' shows "
                f"every column, those to come too; list the fields."
            )
