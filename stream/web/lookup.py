"""Finding the model and the object that an address names, or answering 404."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import Http404

from stream.arc.requests import find_object
from stream.web.links import page_model


def get_model_or_404(app: str, name: str, page: str) -> type[Model]:
    """Return the model that an address names. 404 if it does not have such a page."""
    try:
        model: type[Model] = apps.get_model(app, name)
    except LookupError:
        raise Http404(f"there is no model {app!a}.{name!a}") from None
    if page_model(model, page) is not model:
        raise Http404(f"{model._meta.label} is not registered for this page")
    return model


def get_object_or_404(model: type[Model], quoted: str, reader: Any) -> Model:
    """Return the object that an address names. 404 if the reader may not know of it."""
    obj = find_object(model, unquote(quoted), reader)
    if obj is None:
        raise Http404(
            f"no {model._meta.label} {quoted!a} that the reader may know of: by visible_to() of "
            f"its options or manager, or else by a permission to view it or a visible action"
        )
    return obj
