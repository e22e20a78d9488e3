"""The link from a row to the one object that it belongs to."""

from __future__ import annotations

from django.db.models import Q, UniqueConstraint

from stream.arc import internals
from stream.arc.arc import Arc
from stream.arc.columns import ArcForeignKey
from stream.arc.rules import INDEX_BYTES, shortened


class ArcLink(Arc):
    """An arc that is not a role: streams, pages and permissions do not know it.

    An object has one row at most. MariaDB has no unique constraint with a condition: there the
    code that writes the row makes sure of it, and the foreign key's own index finds the row.
    """

    kind = "links"
    how_to_name = "write activity_field_name"

    def _add_indexes(self, field: ArcForeignKey) -> None:
        # The name lives in the migrations of users: changing it needs their makemigrations.
        name = shortened(f"{self.model._meta.app_label}_{field.name}_once", INDEX_BYTES)
        is_set = Q((f"{field.name}__isnull", False))
        once = UniqueConstraint(fields=[field.name], condition=is_set, name=name)
        internals.set_constraint(self.model, once)
