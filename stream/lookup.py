"""Finding what an address names: a model by its label, an object by the text of its key."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404

from stream.links import has_page
from stream.visibility import visible_objects


def find_model(label: str) -> type[Model] | None:
    """Return the model ``app_label.model``, or None where there is none."""
    app_label, _, name = label.partition(".")
    try:
        return apps.get_model(app_label, name)
    except LookupError:
        return None


def find_object(model: type[Model], text: str, reader: Any) -> Model | None:
    """Return the object of a key, in one query; None where there is none to know of."""
    key = clean_key(model, text)
    if key is None:
        return None
    try:
        obj: Model | None = visible_objects(model, reader).filter(pk=key).first()
    except (ValidationError, ValueError, ArithmeticError):  # the database's driver has no such key
        return None
    return obj


def clean_key(model: type[Model], text: str) -> Any:
    """Return the key that a text spells, or None for one that no object of the model can have.

    Databases answer a number out of range, a NUL and half of a surrogate pair each in their own
    way, mostly with an error.
    """
    field: Any = model._meta.pk
    while field.remote_field:  # a child has the key of its parent
        field = field.target_field
    try:
        text.encode()
        if "\x00" in text:
            return None
        key = field.to_python(text)
        field.run_validators(key)
    except (ValidationError, ValueError, TypeError, ArithmeticError):
        return None
    return key


def get_model_or_404(app: str, name: str, page: str) -> type[Model]:
    """Return the model in the address of a page or feed. 404 for one that has no such page."""
    model = find_model(f"{app}.{name}")
    if model is None or not has_page(model, page):
        raise Http404(f"{app}.{name} is no model that is registered for this page")
    return model


def get_object_or_404(model: type[Model], quoted: str, reader: Any) -> Model:
    """Return the object in the address. 404 for one that is not there for the reader."""
    obj = find_object(model, unquote(quoted), reader)
    if obj is None:
        raise Http404(f"no {model._meta.label} {quoted}")
    return obj
