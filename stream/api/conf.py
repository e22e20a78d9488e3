"""The settings of the API, read live so that ``override_settings`` works."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.module_loading import import_string
from rest_framework.serializers import BaseSerializer


def serializer_of(model: type[Model]) -> type[BaseSerializer[Any]] | None:
    """Return the site's own serializer for a model or the nearest of its parents, if any."""
    named = getattr(settings, "STREAM_API_SERIALIZERS", {})
    if not named:
        return None
    by_label = {label.lower(): path for label, path in named.items()}
    for cls in model.__mro__:
        meta = getattr(cls, "_meta", None)
        if meta and meta.label_lower in by_label:
            serializer: type[BaseSerializer[Any]] = import_string(by_label[meta.label_lower])
            return serializer
    return None


def check() -> None:
    """Raise ImproperlyConfigured where a setting names what is not there, or shows everything."""
    for label, path in getattr(settings, "STREAM_API_SERIALIZERS", {}).items():
        setting = f"STREAM_API_SERIALIZERS[{label!r}] = {path!r}"
        try:
            apps.get_model(label)
        except (LookupError, ValueError):
            raise ImproperlyConfigured(
                f"{setting}: there is no such model; write it as 'app_label.Model'."
            ) from None
        try:
            serializer = import_string(path)
        except (ImportError, AttributeError) as error:
            raise ImproperlyConfigured(f"{setting}: {error}.") from error
        if not (isinstance(serializer, type) and issubclass(serializer, BaseSerializer)):
            raise ImproperlyConfigured(f"{setting}: name a serializer of rest_framework.")
        if getattr(getattr(serializer, "Meta", None), "fields", None) == "__all__":
            raise ImproperlyConfigured(
                f"{setting}: fields = '__all__' shows every column, those to come too; "
                f"list the fields."
            )
