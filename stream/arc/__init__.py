"""Exclusive arcs: a role of a row, kept in one nullable foreign key per registered model.

What is named here can be imported before any app is loaded.
"""

from stream.arc.arc import Arc
from stream.arc.columns import AtMostOne
from stream.arc.related import RelatedName
from stream.arc.rules import NotRegistered
from stream.arc.values import ExactCharField, ExactTextField

__all__ = [
    "Arc",
    "AtMostOne",
    "ExactCharField",
    "ExactTextField",
    "NotRegistered",
    "RelatedName",
]
