"""Finding what the address of a page or feed names: a model by its label, an object by its key."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import Http404

from stream.arc.requests import clean_key, find_model, find_object, visible_objects
from stream.web.links import page_model

__all__ = [
    "clean_key",
    "find_model",
    "find_object",
    "get_model_or_404",
    "get_object_or_404",
    "visible_objects",
]


def get_model_or_404(app: str, name: str, page: str) -> type[Model]:
    """Return the model in the address of a page or feed. 404 for one that has no such page."""
    try:
        model: type[Model] = apps.get_model(app, name)
    except LookupError:
        raise Http404(f"there is no model {app!a}.{name!a}") from None
    if page_model(model, page) is not model:
        raise Http404(f"{model._meta.label} is not registered for this page")
    return model


def get_object_or_404(model: type[Model], quoted: str, reader: Any) -> Model:
    """Return the object in the address. 404 for one that is not there for the reader."""
    obj = find_object(model, unquote(quoted), reader)
    if obj is None:
        raise Http404(
            f"no {model._meta.label} {quoted!a} that the reader may know of: by visible_to() of "
            f"its manager or else by a permission to view it or a visible action"
        )
    return obj
