"""The ranges of a stream: it is their union, each of one column and one key, sorted by time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models.expressions import Col
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
    Lookup,
)
from django.db.models.sql.where import AND, OR, WhereNode

if TYPE_CHECKING:
    from stream.arc.columns import ArcForeignKey
    from stream.base import BaseAction

SQL = tuple[str, list[Any]]  # with its parameters


class Range(NamedTuple):
    """The rows with one key in a column, or all rows if there is no column, sorted by time.

    The key is prepared for the database. Rows before ``since`` are left out.
    """

    field: ArcForeignKey | None
    key: Any = None
    since: Any = None


ALL = Range(None)  # by the index of times


class Selected(NamedTuple):
    """The ranges of the keys that a subquery selects."""

    field: ArcForeignKey
    keys: SQL


Ranges = list["Range | Selected"]  # whose union is a stream


class Edge(NamedTuple):
    """Where reading begins or ends: a time, or a row by its time and key.

    ``is_inside`` says of a time that its own rows are read, and of a row that only rows of the same
    time are.
    """

    when: Any
    key: Any = None
    is_inside: bool = False


def find_union(model: type[BaseAction], parts: Iterable[Any], compiler: Any) -> tuple[Ranges, Any]:
    """Return the ranges of the first condition that is a union of them, and the condition."""
    for part in parts:
        union = _union(model, part, compiler)
        if union is not None:
            return union, part
    return [], None


def _union(model: type[BaseAction], part: Any, compiler: Any) -> Ranges | None:
    if isinstance(part, WhereNode):
        children = getattr(part, "children", ())
        is_union = part.connector == OR or (part.connector == AND and len(children) == 1)
        if not children or part.negated or not is_union:
            return None
        found: Ranges = []
        for child in children:
            union = _union(model, child, compiler)
            if union is None:
                return None
            found += union
        return found
    if not isinstance(part, Exact | In) or not isinstance(part.lhs, Col):
        return None
    field: Any = part.lhs.target
    is_own = part.lhs.alias == model._meta.db_table
    if not is_own or not any(field in arc.fields for arc in model.arcs.values()):
        return None
    sql, params = part.process_rhs(compiler, compiler.connection)
    if part.rhs_is_direct_value():
        return [Range(field, key) for key in params]
    return [Selected(field, (sql, list(params)))] if isinstance(part, In) else None


def time_edges(
    parts: Iterable[Any], newest_first: bool, position: tuple[Any, Any] | None
) -> tuple[Edge | None, Edge | None]:
    """Return where reading begins, by a position and conditions of time, and where it ends."""
    upper: list[Edge] = []
    lower: list[Edge] = []
    if position is not None:
        (upper if newest_first else lower).append(Edge(*position))
    for part in parts:
        is_inside = isinstance(part, LessThanOrEqual | GreaterThanOrEqual)
        edges = upper if isinstance(part, LessThan | LessThanOrEqual) else lower
        edges.append(Edge(part.rhs, None, is_inside))

    def width(edge: Edge) -> int:
        """Return how many rows of its own time an edge lets in: none, some or all."""
        return 1 if edge.key is not None else 2 * edge.is_inside

    last = min(upper, key=lambda edge: (edge.when, width(edge)), default=None)
    first = max(lower, key=lambda edge: (edge.when, -width(edge)), default=None)
    return (last, first) if newest_first else (first, last)


def bounds_time(part: Any, table: str) -> bool:
    """Tell whether a condition compares the time of an action with a value."""
    return (
        isinstance(part, Lookup)
        and isinstance(part, LessThan | LessThanOrEqual | GreaterThan | GreaterThanOrEqual)
        and isinstance(part.lhs, Col)
        and part.lhs.alias == table
        and part.lhs.target.attname == "datetime"
        and part.rhs_is_direct_value()
    )
