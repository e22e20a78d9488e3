"""The only module that knows the app ``follow``, by its label."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.urls import NoReverseMatch

from stream.arc.rules import signed_in

if TYPE_CHECKING:
    from follow.models import Follow


def find_follow_model() -> type[Follow] | None:
    """Return the model of follows, or None where the app is not installed."""
    try:
        model: type[Follow] = apps.get_model("follow", "Follow")
    except LookupError:
        return None
    return model


def follow_model(call: str) -> type[Follow]:
    """Return the model of follows. Raises ImproperlyConfigured, beginning with ``call``."""
    model = find_follow_model()
    if model is None:
        raise ImproperlyConfigured(
            f"{call}: nobody can follow anything yet; add 'follow' to INSTALLED_APPS."
        )
    return model


def is_followable(model_or_obj: Any) -> bool:
    """Tell whether users can follow the objects of a model."""
    follow = find_follow_model()
    return bool(follow and follow.target.find_field(model_or_obj))


def can_follow(user: Any, obj: Model) -> bool:
    """Tell whether to show a user the button to follow an object, which needs ``follow.urls``."""
    return bool(signed_in(user, "can_follow")) and user != obj and has_follow_page(obj)


def has_follow_page(obj: Model) -> bool:
    """Tell whether ``follow.urls`` has an address that follows an object."""
    if not is_followable(obj):
        return False
    try:
        follow_utils("has_follow_page").follow_link(obj)
    except NoReverseMatch:
        return False
    return True


def follow_utils(call: str) -> ModuleType:
    """Return ``follow.utils``. Raises ImproperlyConfigured, beginning with ``call``."""
    follow_model(call)
    return import_module("follow.utils")
