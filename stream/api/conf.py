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
from stream.arc.rules import concrete_model
from stream.conf import chosen_for, load_subclass
from stream.models import Action

SERIALIZER = "rest_framework.serializers.BaseSerializer"

# Users write where the site reads, so there is a limit unless the site says another, or None.
RATES = {
    "stream_create": "60/hour",
    "stream_follow": "600/hour",
    "stream_notifications": "1200/hour",
}


def login_is_required() -> bool:
    """Tell whether Django's ``LoginRequiredMiddleware``, or a subclass, is installed."""
    found = (import_string(name) for name in settings.MIDDLEWARE)
    return any(
        isinstance(each, type) and issubclass(each, LoginRequiredMiddleware) for each in found
    )


def sent_by_users() -> dict[str, dict[str, list[type[Model]]]]:
    """Return the verbs that users may send, and of each the models in each of its roles."""
    return {
        verb: {
            role: [concrete_model(apps.get_model(label)) for label in labels]
            for role, labels in roles.items()
        }
        for verb, roles in getattr(settings, "STREAM_API_ACTIONS", {}).items()
    }


def serializer_of(model: type[Model]) -> type[BaseSerializer[Any]] | None:
    """Return the site's own serializer for a model or the nearest of its parents, if any."""
    named = getattr(settings, "STREAM_API_SERIALIZERS", {})
    if not named:
        return None
    path = chosen_for(model, named)
    return load_subclass("STREAM_API_SERIALIZERS", path, SERIALIZER) if path else None


def check() -> None:
    """Raise ImproperlyConfigured where a setting names what is not there, or shows everything."""
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
        if not isinstance(roles, dict) or not {"target", "action_object"}.issuperset(roles):
            raise ImproperlyConfigured(
                f"{setting}: write a dict of 'target', 'action_object' or both, or {{}} for none."
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
    for label, path in getattr(settings, "STREAM_API_SERIALIZERS", {}).items():
        name = f"STREAM_API_SERIALIZERS[{label!r}]"
        setting = f"{name} = {path!r}"
        _get_model(setting, label)
        serializer = load_subclass(name, path, SERIALIZER)
        if getattr(getattr(serializer, "Meta", None), "fields", None) == "__all__":
            raise ImproperlyConfigured(
                f"{setting}: fields = '__all__' shows every column, those to come too; "
                f"list the fields."
            )
