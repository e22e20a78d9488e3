"""What the old names in filters and other calls of a queryset stand for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldError
from django.db.models import (
    Case,
    CharField,
    Exists,
    Expression,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from stream.arc import Arc
from stream.arc.requests import clean_key
from stream.arc.row import Row
from stream.arc.rules import concrete_model, in_values

CONTENT_TYPE, OBJECT_ID = "content_type", "object_id"
NAMES_SHOWN = 4


class Half(NamedTuple):
    """An old name of a role's model or key, with the rest of a lookup."""

    arc: Arc
    part: str
    rest: str
    name: str  # as it was written


@dataclass(frozen=True)
class OldNames:
    """The old names of a model: of its time, and of the two halves of each role."""

    model: type[Row]
    time: str
    prefixes: Mapping[str, str]  # of the names of halves, and the roles
    empty: Mapping[str, Any]  # what stands where NULL stood, by the column

    def find(self, lookup: str) -> Half | None:
        """Return what a lookup such as ``actor_content_type__model`` says of a role, or None."""
        name, _, rest = lookup.partition("__")
        for prefix, role in self.prefixes.items():
            part = name.removeprefix(prefix)
            if name.startswith(prefix) and part in (CONTENT_TYPE, f"{CONTENT_TYPE}_id", OBJECT_ID):
                return Half(
                    self.model.arcs[role],
                    part.removesuffix("_id") if part != OBJECT_ID else part,
                    rest,
                    lookup,
                )
        return None

    def renamed(self, lookup: str) -> str:
        """Return a lookup with the new name of the time, or as it is."""
        sign = "-" if lookup.startswith("-") else ""
        name, joint, rest = lookup.removeprefix("-").partition("__")
        return f"{sign}datetime{joint}{rest}" if name == self.time else lookup

    def is_old(self, lookup: str) -> bool:
        return self.renamed(lookup) != lookup or self.find(lookup.removeprefix("-")) is not None

    def find_null(self, lookup: str, value: Any) -> bool | None:
        """Tell whether a lookup asks for NULL in a column that has none here, or for the rest.

        Return None where it does neither.
        """
        column, _, rest = lookup.partition("__")
        if column not in self.empty:
            return None
        if rest == "isnull":
            return bool(value)
        return True if value is None and rest in ("", "exact") else None

    def instead_of_null(self, lookup: str, value: Any) -> Q | None:
        """Return the condition that such a lookup means; None for any other."""
        is_null = self.find_null(lookup, value)
        if is_null is None:
            return None
        column = lookup.partition("__")[0]
        is_empty = Q((column, self.empty[column]))
        return is_empty if is_null else ~is_empty

    # Conditions

    def condition(self, q: Q) -> Q:
        """Translate a tree of conditions; one without old names is returned as it is.

        What an AND says of a role becomes conditions on the columns of its models.
        """
        if not any(map(self._is_old_condition, q.children)):
            return q
        is_and = q.connector == Q.AND
        children: list[Any] = []
        said: dict[str, list[tuple[Half, Any]]] = {}
        for child in _flat(q) if is_and else q.children:
            if isinstance(child, tuple):
                half = self.find(child[0])
                if (instead := self.instead_of_null(*child)) is not None:
                    children.append(instead)
                elif half is None:
                    children.append((self.renamed(child[0]), self.expression(child[1])))
                elif is_and:
                    said.setdefault(half.arc.name, []).append((half, child[1]))
                else:
                    children.append(held([(half, child[1])]))
            else:
                children.append(self.expression(child))
        children += [held(halves) for halves in said.values()]
        return Q(*children, _connector=q.connector, _negated=q.negated)

    def _is_old_condition(self, child: Any) -> bool:
        if isinstance(child, tuple):
            is_old = self.is_old(child[0]) or self.find_null(*child) is not None
            return is_old or self.expression(child[1]) is not child[1]
        return self.expression(child) is not child

    # Expressions

    def expression(self, value: Any) -> Any:
        """Translate the names in an expression; what holds none is returned as it is."""
        if isinstance(value, Q):
            return self.condition(value)
        if isinstance(value, OuterRef | Subquery | Exists):  # of other rows
            return value
        if isinstance(value, F):
            name: str = value.name  # type: ignore[attr-defined]
            return self.value_of(name) if self.is_old(name) else value
        if isinstance(value, type) or not hasattr(value, "get_source_expressions"):
            return value
        before = value.get_source_expressions()
        after = [self.expression(each) for each in before]
        if all(new is old for new, old in zip(after, before, strict=True)):
            return value
        translated = copy.copy(value)
        translated.set_source_expressions(after)
        return translated

    def value_of(self, name: str) -> Any:
        """Return the expression of an old name: in a row it has the old value."""
        half = self.find(name)
        if half is None:
            return F(self.renamed(name))
        if half.part == OBJECT_ID:
            if half.rest:
                raise _unknown(half, "write the name of a column")
            return KeyOfRole(half.arc)
        attribute = {
            "": lambda each: each.pk,
            "pk": lambda each: each.pk,
            "id": lambda each: each.pk,
            "model": lambda each: each.model,
            "app_label": lambda each: each.app_label,
        }.get(half.rest)
        if attribute is None:
            raise _unknown(half, "take the content type's key, model or app_label")
        output = CharField() if half.rest in ("model", "app_label") else IntegerField()
        return _by_column(
            half.arc,
            lambda field: Value(attribute(content_type(field.related_model))),
            output,
        )

    def columns(self, name: str) -> list[str]:
        """Return the fields that hold what an old name meant: for ``only`` and ``defer``."""
        half = self.find(name)
        return half.arc.columns if half else [self.renamed(name)]

    # Values to write

    def values(self, values: Mapping[str, Any], call: str) -> dict[str, Any]:
        """Translate values to write: the halves of a role become the key in a column."""
        written: dict[str, Any] = {}
        halves: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            half = self.find(name)
            if half is None:
                written[self.renamed(name)] = value
            elif half.rest:
                raise _unknown(half, f"{call}() takes no lookup")
            else:
                halves.setdefault(half.arc.name, {})[half.part] = value
        for role, parts in halves.items():
            written |= column_value(self.model.arcs[role], parts, call)
        return written


def _flat(q: Q) -> Iterator[Any]:
    for child in q.children:
        if isinstance(child, Q) and child.connector == Q.AND and not child.negated:
            yield from _flat(child)
        else:
            yield child


def content_type(model: type[Model]) -> ContentType:
    return ContentType.objects.get_for_model(model)


def candidates(arc: Arc) -> list[type[Model]]:
    """Return the models whose objects can have the role: registered ones and their children."""
    models = [each for each in apps.get_models() if concrete_model(each) is each]
    return [each for each in models if arc.find_field(each)]


def _unknown(half: Half, instead: str) -> FieldError:
    return FieldError(f"{half.name}: this old name has no meaning here; {instead}")


# What an AND says of a role


def held(halves: list[tuple[Half, Any]]) -> Q:
    """Build the condition that a role has an object of these content types and keys."""
    arc = halves[0][0].arc
    models: list[type[Model]] | None = None
    conditions: list[Q] = []
    keys: list[tuple[Half, Any]] = []
    for half, value in halves:
        is_empty = _is_about_nothing(half, value)
        if is_empty is not None:
            conditions.append(arc.q_none() if is_empty else ~arc.q_none())
        elif half.part == OBJECT_ID:
            keys.append((half, value))
        else:
            named = _models_named(half, value)
            models = named if models is None else [each for each in models if each in named]
    if keys:
        among = list(arc.models) if models is None else models
        conditions += [_by_key(half, value, among) for half, value in keys]
    elif models is not None:
        conditions.append(_any_of(map(arc.q_model, models)))
    return Q(*conditions)


def _any_of(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q()) or Q(pk__in=[])


def _is_about_nothing(half: Half, value: Any) -> bool | None:
    """Tell whether a half asks for an empty role, or for any object; None where it does neither."""
    if half.rest == "isnull":
        return bool(value)
    return True if value is None and half.rest in ("", "exact", "pk", "id") else None


def _models_named(half: Half, value: Any) -> list[type[Model]]:
    """Return the models whose content types a half asks for, of those that can have the role."""
    rest = half.rest.removesuffix("exact").removesuffix("__")
    name, _, lookup = rest.rpartition("__") if rest.endswith("__in") else (rest, "", "")
    if rest == "in":
        name, lookup = "", "in"
    is_key = name in ("", "pk", "id")
    is_list = isinstance(value, QuerySet) or not hasattr(value, "resolve_expression")
    if not is_list or not (is_key or name in ("model", "app_label")):
        raise _unknown(half, f"write {half.arc.name}_…__isnull=False of the column of each model")
    wanted = _listed(value) if lookup == "in" else [value]
    if name in ("model", "app_label"):
        attribute = "model_name" if name == "model" else name
        return [m for m in candidates(half.arc) if getattr(m._meta, attribute) in wanted]
    found = []
    for each in wanted:
        model = model_of(each)
        if model is not None and half.arc.find_field(model):
            found.append(model)
    return found


def model_of(wanted: Any) -> type[Model] | None:
    """Return the model of a content type or of its key; None for one that is gone."""
    if not isinstance(wanted, ContentType):
        try:
            wanted = ContentType.objects.get_for_id(int(wanted))
        except (ContentType.DoesNotExist, TypeError, ValueError):
            return None
    found: type[Model] | None = wanted.model_class()
    return found


def _listed(value: Any) -> list[Any]:
    """Return the values of a list, or of a queryset of objects or of one column."""
    found: list[Any] = []
    for row in value:
        if isinstance(row, dict):
            [row] = row.values()
        elif isinstance(row, tuple):
            [row] = row
        found.append(row)
    return found


def _by_key(half: Half, value: Any, models: list[type[Model]]) -> Q:
    """Build the condition that an object of one of these models with such a key has the role."""
    if half.rest == "in":
        if len(models) == 1 and isinstance(value, QuerySet):
            field = half.arc.field_for(models[0])
            try:
                if issubclass(concrete_model(value.model), field.related_model):
                    return Q((f"{field.name}__in", in_values(value)))
            except TypeError:  # of another column: its values are read
                pass
        wanted = _listed(value)
    elif half.rest in ("", "exact"):
        if hasattr(value, "resolve_expression"):
            if len(models) != 1 or not isinstance(value, F):
                raise _unknown(half, f"compare {half.arc.name}_…, the column of one model")
            return Q((half.arc.field_for(models[0]).name, value))
        wanted = [value]
    else:
        raise _unknown(half, f"write {half.arc.name}_…__{half.rest} of the column of a model")
    conditions = []
    for model in models:
        name = half.arc.field_for(model).name
        keys = [key for each in wanted if (key := _key(half, model, each)) is not None]
        if keys:
            conditions.append(Q((name, keys[0])) if half.rest != "in" else Q((f"{name}__in", keys)))
    return _any_of(conditions)


def _key(half: Half, model: type[Model], value: Any) -> Any:
    if isinstance(value, Model):
        raise _unknown(half, "pass the key of the object, or write get_for_…(obj)")
    key = None if value is None else clean_key(model, str(value))
    return key if key is not None and str(key) == str(value) else None  # "05" was not "5"


# Values of rows


class KeyText(CharField):  # type: ignore[type-arg]
    """Reads the key of a content type, and after it that of an object, as the text of the latter.

    Databases write the same key in different ways, such as UUIDs.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        key, is_named, text = value.partition(":")
        if not is_named:  # of a subquery
            return str(value)
        model: Any = ContentType.objects.get_for_id(int(key)).model_class()
        field = model._meta.pk
        while field.remote_field:
            field = field.target_field
        return str(field.to_python(text))


class AsText(Cast):
    """A key as a text, which can be compared whatever the collations of the columns."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, params = super().as_postgresql(compiler, connection, **context)
        return f'({sql}) COLLATE "C"', params


class KeyOfRole(Expression):
    """The key in a role; inside of another query the text of it alone, to compare it there."""

    def __init__(self, arc: Arc) -> None:
        super().__init__(output_field=KeyText(max_length=300))

        def text(field: Any) -> Any:
            return AsText(field.attname, CharField(max_length=255))

        def named_text(field: Any) -> Any:
            name = Value(f"{content_type(field.related_model).pk}:")
            return Concat(name, text(field), output_field=CharField())

        self.cases = [_by_column(arc, each, CharField()) for each in (text, named_text)]

    def get_source_expressions(self) -> list[Any]:
        return self.cases

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.cases = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        text, named_text = self.cases
        sql: Any = compiler.compile(text if compiler.query.subquery else named_text)
        return sql


def _by_column(arc: Arc, value: Callable[[Any], Any], output: Any) -> Any:
    """Return the expression that picks a value by the column that is set."""
    cases = [When(Q((f"{field.name}__isnull", False)), then=value(field)) for field in arc.fields]
    return Case(*cases, default=Value(None), output_field=output)


def column_value(arc: Arc, parts: Mapping[str, Any], call: str) -> dict[str, Any]:
    """Return the column and key that a content type and the text of a key mean."""
    wanted, key = parts.get(CONTENT_TYPE), parts.get(OBJECT_ID)
    if wanted is None or key is None:
        return {}
    model = model_of(wanted)
    if model is None:
        raise FieldError(
            f"{call}(): {arc.name}_content_type {wanted!r} is of no model; pass {arc.name}=…"
        )
    field = arc.field_for(model)
    found = clean_key(field.related_model, str(key))
    if found is None:
        raise FieldError(
            f"{call}(): no {model._meta.label} has the key {key!r:.80}; pass {arc.name}=…"
        )
    return {field.attname: found}
