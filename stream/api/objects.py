"""The models that a request names."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from stream.arc import Arc

NOT_FOUND = _("No such object, or you may not view it.")


def labels(arcs: Iterable[Arc]) -> str:
    """Return the names of the registered models, for messages."""
    return ", ".join(sorted({model._meta.label_lower for arc in arcs for model in arc.models}))
