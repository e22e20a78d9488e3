"""What a stream is: a union of index ranges, each of one column and one key, sorted by time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import IntegerField
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

from stream.arc.reading import kind_of_key

if TYPE_CHECKING:
    from stream.arc.columns import ArcForeignKey
    from stream.base import BaseAction

SQL = tuple[str, list[Any]]  # with its parameters


@dataclass(frozen=True, eq=False)
class Ranges:
    """The ranges of one column: one for each of some keys, or of those that a SELECT gives.

    The SELECT has a column ``pick``, the key, and a column ``since``, a time or NULL. Keys are as
    they go to the database.
    """

    field: ArcForeignKey | None
    role: str
    keys: tuple[Any, ...] = ()
    selected: SQL | None = None
    has_since: bool = False

    def type_of_key(self, connection: Any) -> str:
        """Return the type of the keys in SQL."""
        return str(self.field and self.field.db_type(connection))

    def kind_of_key(self, connection: Any) -> str:
        """Return what is the same for columns whose keys can be in one column of a result."""
        if self.field is None:
            return ""
        is_integer = isinstance(self.field.target_field, IntegerField)
        return "integer" if is_integer else str(kind_of_key(self.field, connection))


ALL = Ranges(None, "", (None,))  # all actions, by the index of times


class Edge(NamedTuple):
    """Where reading begins or ends: a time, perhaps the key of a row, and whether it is read."""

    when: Any
    key: Any = None
    is_inside: bool = False


def find_ranges(
    model: type[BaseAction], parts: Iterable[Any], compiler: Any
) -> tuple[list[Ranges], Any]:
    """Return the ranges of the first condition that is a union of ranges, and it; or None."""
    for part in parts:
        ranges = _ranges(model, part, compiler)
        if ranges is not None:
            return ranges, part
    return [], None


def _ranges(model: type[BaseAction], part: Any, compiler: Any) -> list[Ranges] | None:
    if isinstance(part, WhereNode):
        children = getattr(part, "children", ())
        is_union = part.connector == OR or (part.connector == AND and len(children) == 1)
        if not children or part.negated or not is_union:
            return None
        found: list[Ranges] = []
        for child in children:
            ranges = _ranges(model, child, compiler)
            if ranges is None:
                return None
            found += ranges
        return found
    if not isinstance(part, Exact | In) or not isinstance(part.lhs, Col):
        return None
    arcs = model.arcs.values() if part.lhs.alias == model._meta.db_table else ()
    field: Any = part.lhs.target
    role = next((arc.name for arc in arcs if field in arc.fields), None)
    if role is None:
        return None
    connection = compiler.connection
    sql, params = part.process_rhs(compiler, connection)
    if part.rhs_is_direct_value():
        return [Ranges(field, role, tuple(params))]
    if isinstance(part, In):
        once = f"WITH picked (pick) AS {sql} SELECT DISTINCT pick, NULL AS since FROM picked"
        return [Ranges(field, role, selected=(once, list(params)))]
    return None


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
        """Tell how much of its own time an edge lets in: nothing, some or all."""
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
