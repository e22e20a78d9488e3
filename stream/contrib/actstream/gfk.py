"""``fetch_generic_relations`` for models of the site that have generic foreign keys."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.db.models import Manager, QuerySet

from stream.contrib.actstream.telling import tell
from stream.contrib.old_modules import old_names

__all__ = ["GFKManager", "GFKQuerySet"]


class GFKQuerySet(QuerySet[Any]):
    """Rows whose generic foreign keys can be loaded at once."""

    def fetch_generic_relations(self, *names: str) -> Self:
        """Load the objects of some generic foreign keys, or of all."""
        fields = self.model._meta.private_fields
        known = [each.name for each in fields if isinstance(each, GenericForeignKey)]
        loaded = [each for each in known if not names or each in names]
        tell(
            "fetch_generic_relations()",
            f"prefetch_related({', '.join(map(repr, loaded))})",
        )
        return self.prefetch_related(*loaded)


GFKManager = Manager.from_queryset(GFKQuerySet, "GFKManager")

__getattr__ = old_names(
    __name__,
    {"settings": "stream.contrib.actstream.settings"},
    {"EmptyGFKQuerySet": "write none() of a queryset"},
)
