"""The base of all models with arcs, which imports nothing but arcs."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Model

from stream.arc.arc import Arc
from stream.arc.link import ArcLink


class Row(Model):
    """A model with arcs, by name: its roles, and the links to the object that it belongs to."""

    arcs: ClassVar[dict[str, Arc]] = {}
    links: ClassVar[dict[str, ArcLink]] = {}

    class Meta:
        abstract = True
