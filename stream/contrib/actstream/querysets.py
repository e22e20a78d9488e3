"""Querysets that take the old names wherever Django's take the name of a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError
from django.db import router
from django.db.models import Q, QuerySet
from django.db.models.utils import resolve_callables

from follow.query import FollowQuerySet
from stream.actions.sending import ActionQuerySet
from stream.arc.making import get_or_make
from stream.arc.models import ArcModel
from stream.base import BaseAction
from stream.contrib.actstream.names import NAMES_SHOWN, OldNames
from stream.contrib.actstream.telling import tell

_Action = TypeVar("_Action", bound=BaseAction)
_Follow = TypeVar("_Follow", bound=ArcModel)


class OldNamesQuerySet(QuerySet[Any, Any]):
    """Translates old names, and tells of each; a call without them is Django's."""

    _db: str | None
    time: ClassVar[str]
    prefixes: ClassVar[dict[str, str]]
    empty: ClassVar[dict[str, Any]] = {}

    @property
    def old(self) -> OldNames:
        return OldNames(self.model, self.time, self.prefixes, self.empty)

    # Conditions

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        args, kwargs = self._translated("filter", args, kwargs)
        return super().filter(*args, **kwargs)

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        args, kwargs = self._translated("exclude", args, kwargs)
        return super().exclude(*args, **kwargs)

    def complex_filter(self, filter_obj: Any) -> Self:
        if isinstance(filter_obj, Q):
            args, kwargs = self._translated("complex_filter", (filter_obj,), {})
        else:
            args, kwargs = self._translated("complex_filter", (), filter_obj)
        return super().complex_filter(Q(*args, *kwargs.items()))

    def _translated(
        self, call: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments as they are, or conditions in their place and no keywords."""
        q = Q(*args, *kwargs.items())  # of keywords, Q would take some for its own
        new = self.old.condition(q)
        if new is q:
            return args, kwargs
        nulls = self._tell_nulls(call, q)
        said, now = dict.fromkeys(_leaves(q)), dict.fromkeys(_leaves(new))
        olds = [name for name in said if self.old.is_old(name)]
        if nulls and not olds:
            return tuple(new.children), {}
        news = [f"{name}=…" for name in now if name not in {*said, *nulls}]
        news[NAMES_SHOWN:] = ["…"] * (len(news) > NAMES_SHOWN)
        roles = dict.fromkeys(half.arc.name for name in olds if (half := self.old.find(name)))
        news += [f"{self.finder.format(role)}(obj)" for role in roles]
        self._tell_all(call, olds, " or ".join(news))
        return tuple(new.children), {}

    def _tell_nulls(self, call: str, q: Q) -> list[str]:
        """Tell of each condition for NULL; return the columns of these."""
        columns = []
        for name, value in _pairs(q):
            is_null = self.old.find_null(name, value)
            if is_null is None:
                continue
            columns.append(column := name.partition("__")[0])
            new = f"{column}={self.empty[column]!r}"
            here = f"{self.model.__name__}.objects.{call}"
            tell(f"{here}({name}={value!r})", new if is_null else f"~Q({new})")
        return columns

    # Names

    def _renamed(self, call: str, names: Iterable[Any]) -> list[Any]:
        """Translate the names by which rows are sorted, and expressions in their place."""
        found = []
        for name in names:
            if isinstance(name, str) and self.old.is_old(name):
                new: Any = self.old.renamed(name)
                if new == name:
                    new = self._order(call, name)
                    self._tell(call, name, "the column of a model")
                else:
                    self._tell(call, name, repr(new))
                found.append(new)
            else:
                found.append(self.old.expression(name))
        return found

    def _order(self, call: str, name: str) -> Any:
        half = self.old.find(name.removeprefix("-"))
        if half is None or half.part == "object_id":
            raise self._refused(call, name)
        value = self.old.value_of(name.removeprefix("-"))
        return value.desc() if name.startswith("-") else value.asc()

    def _refused(self, call: str, name: str) -> FieldError:
        columns = ", ".join(map(repr, self.old.columns(name.removeprefix("-"))[:NAMES_SHOWN]))
        return FieldError(
            f"{self.model.__name__}.objects.{call}({name!r}): a role has a column for each model; "
            f"write these, such as {columns}"
        )

    def _tell(self, call: str, name: str, new: str) -> None:
        tell(f"{self.model.__name__}.objects.{call}({name!r})", new)

    def _tell_all(self, call: str, names: Iterable[str], new: str) -> None:
        olds = ", ".join(f"{name}=…" for name in names)
        tell(f"{self.model.__name__}.objects.{call}({olds or '…'})", new or "the new names")

    def order_by(self, *field_names: Any) -> Self:
        return super().order_by(*self._renamed("order_by", field_names))

    def earliest(self, *fields: Any) -> Any:
        return super().earliest(*self._plain("earliest", fields))

    def latest(self, *fields: Any) -> Any:
        return super().latest(*self._plain("latest", fields))

    def distinct(self, *field_names: Any) -> Self:
        return super().distinct(*self._plain("distinct", field_names))

    def dates(self, field_name: str, kind: Any, order: Any = "ASC") -> Any:
        return super().dates(self._plain("dates", [field_name])[0], kind, order)

    def datetimes(self, field_name: str, kind: Any, order: Any = "ASC", tzinfo: Any = None) -> Any:
        return super().datetimes(self._plain("datetimes", [field_name])[0], kind, order, tzinfo)

    def _plain(self, call: str, names: Iterable[str]) -> list[str]:
        """Translate names of the time; raise FieldError for the halves of a role."""
        found = []
        for name in names:
            new = self.old.renamed(name)
            if new != name:
                self._tell(call, name, repr(new))
            elif self.old.find(name.removeprefix("-")):
                raise self._refused(call, name)
            found.append(new)
        return found

    def only(self, *fields: Any) -> Self:
        return super().only(*self._fields_of("only", fields))

    def defer(self, *fields: Any) -> Self:
        return super().defer(*self._fields_of("defer", fields))

    def _fields_of(self, call: str, names: Iterable[Any]) -> list[Any]:
        found: list[Any] = []
        for name in names:
            new = self.old.columns(name) if isinstance(name, str) else [name]
            if new != [name]:
                self._tell(call, name, ", ".join(map(repr, new[:NAMES_SHOWN])))
            found += new
        return found

    def select_related(self, *fields: Any) -> Self:
        kept = [each for each in fields if not self.old.find(str(each))]
        if len(kept) < len(fields):
            self._tell("select_related", "…_content_type", "nothing: no row needs its content type")
        return super().select_related(*kept) if kept or not fields else self.all()

    def prefetch_related(self, *lookups: Any) -> Self:
        roles = [each for each in lookups if each in self._old_roles()]
        kept = [each for each in lookups if each not in roles and not self.old.find(str(each))]
        for name in kept:
            role, _, rest = str(name).partition("__")
            if role in self._old_roles():
                raise FieldError(
                    f"{self.model.__name__}.objects.prefetch_related({name!r}): say for each model "
                    f"how to load it; write with_objects(Model.objects.prefetch_related({rest!r}))"
                )
        if len(kept) == len(lookups):
            return super().prefetch_related(*lookups)
        self._tell("prefetch_related", "…", f"with_objects({', '.join(map(repr, roles))})")
        rows = super().prefetch_related(*kept) if kept else self.all()
        return rows.with_objects(*self._new_roles(roles)) if roles else rows  # type: ignore[attr-defined]

    def fetch_generic_relations(self, *names: str) -> Self:
        """Load the objects of some roles, or of all."""
        new = self._new_roles(names)
        tell("fetch_generic_relations()", f"with_objects({', '.join(map(repr, new))})")
        return self.with_objects(*new)  # type: ignore[attr-defined,no-any-return]

    @classmethod
    def _old_roles(cls) -> dict[str, str]:
        """Return the old names of the roles, and the new ones."""
        return {role: role for role in cls.prefixes.values()}

    def _new_roles(self, names: Iterable[str]) -> list[str]:
        return [self._old_roles()[name] for name in names]

    # Values

    def values(self, *fields: Any, **expressions: Any) -> Any:
        rows = self._with_old_values("values", fields)
        new = self._expressions("values", expressions)
        fields = tuple(map(self.old.expression, fields))
        return super(OldNamesQuerySet, rows).values(*fields, **new)

    def values_list(self, *fields: Any, **kwargs: Any) -> Any:
        rows = self._with_old_values("values_list", fields)
        fields = tuple(map(self.old.expression, fields))
        return super(OldNamesQuerySet, rows).values_list(*fields, **kwargs)

    def _with_old_values(self, call: str, fields: Iterable[Any]) -> Self:
        """Annotate the rows with the values of old names, under these names."""
        names = [each for each in fields if isinstance(each, str) and self.old.is_old(each)]
        for name in names:
            self._tell(call, name, ", ".join(map(repr, self.old.columns(name)[:NAMES_SHOWN])))
        return super().annotate(**{n: self.old.value_of(n) for n in names}) if names else self

    def annotate(self, *args: Any, **kwargs: Any) -> Self:
        args, kwargs = self._named("annotate", args, kwargs)
        return super().annotate(*args, **kwargs)

    def alias(self, *args: Any, **kwargs: Any) -> Self:
        args, kwargs = self._named("alias", args, kwargs)
        return super().alias(*args, **kwargs)

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        args, kwargs = self._named("aggregate", args, kwargs)
        return super().aggregate(*args, **kwargs)

    def _named(
        self, call: str, unnamed: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Translate expressions; those without a name keep the one that Django made of the old."""
        kept, renamed = [], {}
        for each in unnamed:
            if self.old.expression(each) is each or not hasattr(each, "default_alias"):
                kept.append(each)
            else:
                renamed[each.default_alias] = each
        return tuple(kept), self._expressions(call, {**renamed, **named})

    def _expressions(self, call: str, given: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: self.old.expression(each) for name, each in given.items()}
        for name, each in given.items():
            if found[name] is not each:
                new = "the new names in the expression: datetime, columns"
                self._tell_all(call, [name], new)
        return found

    # Writing

    def update(self, **kwargs: Any) -> int:
        if halves := [name for name in kwargs if self.old.find(name)]:
            raise self._refused("update", halves[0])
        new = {self.old.renamed(n): self.old.expression(each) for n, each in kwargs.items()}
        if new.keys() != kwargs.keys():
            self._tell_all("update", [self.time], "datetime=…")
        return super().update(**new)

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        return super().bulk_update(objs, self._fields_of("bulk_update", fields), batch_size)

    def create(self, *args: Any, **kwargs: Any) -> Any:
        if not any(map(self.old.is_old, kwargs)):
            return super().create(*args, **kwargs)
        self._tell_written("create", kwargs)
        return super().create(*args, **self._made_of(kwargs, "create"))

    def get_or_create(self, *args: Any, defaults: Any = None, **kwargs: Any) -> tuple[Any, bool]:
        """With old names, a role that is not named may have any object, as it was."""
        if not any(map(self.old.is_old, (*kwargs, *(defaults or ())))):
            return super().get_or_create(*args, defaults=defaults, **kwargs)  # type: ignore[misc]
        call = "get_or_create"
        if args:
            raise TypeError(
                f"{self.model.__name__}.objects.{call}(): beside old names, pass keywords alone"
            )
        self._tell_written(call, kwargs)
        rows = self.using(self._db or router.db_for_write(self.model))
        plain = {name: value for name, value in kwargs.items() if "__" not in name}
        made_of = self._made_of(plain, call)
        same = self.old.condition(Q(*kwargs.items()))
        owner = self._owner(made_of)

        def make() -> Any:
            more = self.old.values(dict(resolve_callables(defaults or {})), call)
            return super(OldNamesQuerySet, rows).create(**{**made_of, **more})

        if owner is None:
            found = rows.filter(same)[:2]
            return (rows.get(same), False) if found else (make(), True)
        return get_or_make(rows, same, owner, make)  # type: ignore[arg-type]

    def _tell_written(self, call: str, values: Mapping[str, Any]) -> None:
        olds = [name for name in values if self.old.is_old(name)]
        roles = dict.fromkeys(half.arc.name for name in olds if (half := self.old.find(name)))
        new = [f"{self.arguments.get(each, each)}=…" for each in roles]
        new += ["datetime=…"] * (self.time in olds)
        self._tell_all(call, olds, ", ".join(new))

    def _made_of(self, values: Mapping[str, Any], call: str) -> dict[str, Any]:
        return self.old.values(values, f"{self.model.__name__}.objects.{call}")

    def _owner(self, made_of: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    finder: ClassVar[str]
    arguments: ClassVar[dict[str, str]] = {}  # what create() calls a role, if it has another name


def _pairs(q: Q) -> Iterator[tuple[str, Any]]:
    for child in q.children:
        if isinstance(child, Q):
            yield from _pairs(child)
        elif isinstance(child, tuple):
            yield child


def _leaves(q: Q) -> list[str]:
    return [name for name, _ in _pairs(q)]


class OldActionQuerySet(OldNamesQuerySet, ActionQuerySet[_Action]):  # type: ignore[override]
    """Actions by the old names."""

    time = "timestamp"
    prefixes = {"actor_": "actor", "target_": "target", "action_object_": "action_object"}
    empty: ClassVar[dict[str, Any]] = {"description": "", "data": {}}
    finder = "get_for_{}"

    def public(self, *args: Any, **kwargs: Any) -> Self:
        """Without the actions that are not public, and with further filters."""
        if args or kwargs:
            tell("public(…)", "public().filter(…)")
            return super().public().filter(*args, **kwargs)
        return super().public()

    def _owner(self, made_of: Mapping[str, Any]) -> Any:
        for field in self.model.actor.fields:
            if field.attname in made_of:
                return field.related_model, made_of[field.attname]
        return None


class OldFollowQuerySet(OldNamesQuerySet, FollowQuerySet[_Follow]):  # type: ignore[override]
    """Follows by the old names."""

    time = "started"
    prefixes = {"": "target"}
    finder = "get_follows"
    arguments = {"target": "obj"}

    @classmethod
    def _old_roles(cls) -> dict[str, str]:
        return {"follow_object": "target"}

    def _made_of(self, values: Mapping[str, Any], call: str) -> dict[str, Any]:
        return {"actor_only": True, **super()._made_of(values, call)}

    def _owner(self, made_of: Mapping[str, Any]) -> Any:
        user = made_of.get("user") or made_of.get("user_id")
        return user and (get_user_model(), getattr(user, "pk", user))
