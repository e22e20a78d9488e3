"""The models that a request names."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from stream import lookup
from stream.arc import Arc

NOT_FOUND = _("No such object, or you may not view it.")


def find_model(label: str, arcs: Iterable[Arc]) -> type[Model] | None:
    """Return the model ``app_label.model`` where it is registered with one of the arcs."""
    model = lookup.find_model(label)
    return model if model and any(arc.find_field(model) for arc in arcs) else None


def labels(arcs: Iterable[Arc]) -> str:
    """Return the names of the registered models, for messages."""
    return ", ".join(sorted({model._meta.label_lower for arc in arcs for model in arc.models}))
