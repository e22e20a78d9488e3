"""The settings, read live so that ``override_settings`` works."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

_Value = TypeVar("_Value")

Verbs = Iterable[tuple[str, str | Promise]]

DEFAULT_VERBS: Verbs = (("default", _("Stream Item")),)


def verb_words() -> dict[str, str | Promise]:
    """Return ``STREAM_VERBS`` as a dict: the labels or sentences that people see, by verb."""
    verbs: Verbs = getattr(settings, "STREAM_VERBS", DEFAULT_VERBS)
    return dict(verbs)


def base_template() -> str | None:
    """Return ``STREAM_BASE_TEMPLATE``, which pages extend; None where the site names none."""
    name: str | None = getattr(settings, "STREAM_BASE_TEMPLATE", None)
    return name


def base_blocks() -> dict[str, str]:
    """Return ``STREAM_BASE_BLOCKS``: the blocks of the base template, by what stands in them."""
    names: dict[str, str] = getattr(settings, "STREAM_BASE_BLOCKS", {})
    return names


def activity_types() -> dict[str, str]:
    """Return ``STREAM_ACTIVITY_TYPES``: verbs and their types in ActivityStreams 2.0."""
    types: dict[str, str] = getattr(settings, "STREAM_ACTIVITY_TYPES", {})
    return types


def object_types() -> dict[str, str]:
    """Return ``STREAM_OBJECT_TYPES``: labels of models and their types in ActivityStreams 2.0."""
    types: dict[str, str] = getattr(settings, "STREAM_OBJECT_TYPES", {})
    return types


def tracking_is_disabled() -> bool:
    """Return ``STREAM_DISABLE_MODEL_TRACKING``: whether ``Activity`` models publish nothing."""
    return bool(getattr(settings, "STREAM_DISABLE_MODEL_TRACKING", False))


def load_subclass(setting: str, value: Any, base: str) -> Any:
    """Return the class that a setting names or is, a subclass of what the path ``base`` names.

    Raises ImproperlyConfigured.
    """
    try:
        found = import_string(value) if isinstance(value, str) else value
    except ImportError as error:
        raise ImproperlyConfigured(f"{setting} = {value!r}: {error}; name a class.") from error
    if not (isinstance(found, type) and issubclass(found, import_string(base))):
        raise ImproperlyConfigured(f"{setting} = {value!r}: name a subclass of {base}.")
    return found


def chosen_for(model: type[Model], by_label: Mapping[str, _Value]) -> _Value | None:
    """Return what a setting by labels of models holds for a model or the nearest of its parents.

    Case counts in an app's label, but not in a model's name.
    """
    pairs = ((label.rpartition("."), value) for label, value in by_label.items())
    chosen = {f"{app_label}.{name.lower()}": value for (app_label, _, name), value in pairs}
    parents = (each._meta.label_lower for each in model.__mro__ if hasattr(each, "_meta"))
    return next((chosen[label] for label in parents if label in chosen), None)
