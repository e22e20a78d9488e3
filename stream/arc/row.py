"""A row with arcs, as all parts of the room know it."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Model

from stream.arc.arc import Arc
from stream.arc.link import ArcLink


class Row(Model):
    """What has arcs: its roles, and its links to the one object that it belongs to, by name."""

    arcs: ClassVar[dict[str, Arc]] = {}
    links: ClassVar[dict[str, ArcLink]] = {}

    class Meta:
        abstract = True
