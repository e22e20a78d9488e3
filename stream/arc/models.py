"""The base of a model with arcs: narrow inserts, objects loaded by the page, system checks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Self, TypeVar

from asgiref.sync import sync_to_async
from django.core.checks import CheckMessage
from django.core.exceptions import FieldError, ValidationError
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.utils import resolve_callables
from django.utils.translation import gettext, gettext_lazy as _

from stream.arc import checks
from stream.arc.changes import CheckedQuerySet, Telling
from stream.arc.deferred import ReadTogether, load_together
from stream.arc.loading import load_objects
from stream.arc.pages import keyset_q, newest_first
from stream.arc.reading import read_rows
from stream.arc.row import Row
from stream.arc.rules import concrete_model, fields_of, key_of
from stream.arc.values import refuse_values
from stream.arc.writing import insert_row, plain_defaults, without_empty_columns
from stream.paging.pages import Beyond, Page, Position

_Row = TypeVar("_Row", bound="ArcModel")

CHUNK = 2000  # rows, as in Django


class ArcModel(Telling, ReadTogether, Row):
    """A model with arcs and the fields ``id`` and ``datetime``."""

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args:  # the values of a row
            super().__init__(*args, **kwargs)
            return
        for arc in (*self.arcs.values(), *self.links.values()):
            self.__dict__.update(arc.empty_columns)
        defaults = plain_defaults(type(self), kwargs)
        if defaults is None:
            super().__init__(**kwargs)
            return
        # Model.__init__ does the same, but takes several times as long for each column.
        self._state = ModelState()
        for attname, get_default in defaults:
            if attname not in kwargs:
                self.__dict__[attname] = get_default()
        for name, value in kwargs.items():
            setattr(self, name, value)

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        # For each column they warn that MariaDB ignores the condition of its index (W037), or makes
        # no constraint with a condition (W036). That is intended.
        ignored = ("models.W036", "models.W037")
        messages = [each for each in super().check(**kwargs) if each.id not in ignored]
        if any(arc.model is cls for arc in cls.arcs.values()):  # cls is neither a proxy nor a child
            messages += checks.check(cls, databases=kwargs.get("databases"))
        return messages

    def check_to_write(self, call: str, only: Collection[str] | None = None) -> None:
        """Raise TypeError where a required role is empty, ValueError for an impossible value.

        ``only`` are the fields that are written. The errors begin with ``call``.
        """
        refuse_values(type(self), self.__dict__, call, only)
        for arc in self.arcs.values() if self._state.adding else ():
            if self.requires(arc) and arc.filled_field(self) is None:
                name = self._meta.object_name
                raise TypeError(f"{call}(): {name}.{arc.name} is required; set it before saving")

    def requires(self, arc: Any) -> bool:
        """Tell whether this row needs an object in a role."""
        return bool(arc.required)

    def has_role(self, obj: Model) -> bool:
        """Tell whether an object has a role in this row. No query."""
        key = obj._meta.pk.to_python(key_of(obj))
        return any(getattr(self, field.attname) == key for field in fields_of(self, obj))

    def clean(self) -> None:
        super().clean()
        for arc in self.arcs.values():
            if self.requires(arc) and arc.filled_field(self) is None:
                # The names of roles are translated for the admin.
                role = {"role": gettext(arc.name.replace("_", " "))}
                raise ValidationError(_("Choose one: %(role)s."), code="required", params=role)

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, **kwargs: Any) -> None:
        self.check_to_write(f"{self._meta.object_name}.save", kwargs.get("update_fields"))
        super().save_base(*args, **kwargs)

    def _save_table(
        self,
        raw: bool = False,
        cls: Any = None,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Any = None,
    ) -> Any:
        is_new = self.pk is None and not (raw or force_update or update_fields)
        if is_new and insert_row(self, cls, using or DEFAULT_DB_ALIAS):
            return False  # not updated
        return super()._save_table(  # type: ignore[misc]
            raw, cls, force_insert, force_update, using, update_fields
        )

    def _do_insert(
        self, manager: Any, using: Any, fields: Any, returning_fields: Any, raw: bool
    ) -> Any:
        fields = without_empty_columns(fields, [self])
        return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]


class ArcQuerySet(CheckedQuerySet[_Row]):
    """A queryset that can load the objects of all roles: one query for each of their models."""

    _objects_from: dict[type[Model], models.QuerySet[Any]] | None = None
    _known: tuple[Model, ...] = ()  # objects that are not loaded again
    _roles: tuple[str, ...] | None = None  # whose objects are loaded; None for all

    def with_objects(self, *roles_or_querysets: str | models.QuerySet[Any]) -> Self:
        """Load the objects of all roles: one query more for each model on the page.

        Of some roles only, if it names them: ``with_objects("target")``.
        A queryset, one for a model, says how to load its objects:
        ``with_objects(Comment.objects.select_related("author"))``. Objects that are gone, or not in
        that queryset, read as None. Raises NotRegistered, ValueError for a role that there is not,
        or TypeError for what is neither.
        """
        roles = tuple(each for each in roles_or_querysets if isinstance(each, str))
        for role in roles:
            if role not in self.model.arcs:
                raise ValueError(
                    f"with_objects({role!r:.80}): the roles are {', '.join(self.model.arcs)}; "
                    f"write one of them"
                )
        loaders = dict(self._objects_from or {})
        for queryset in roles_or_querysets:
            if isinstance(queryset, str):
                continue
            if not isinstance(queryset, models.QuerySet):
                raise TypeError(f"with_objects({queryset!r:.80}): pass querysets, one for a model")
            given: Any = queryset
            query = given.query
            if query.is_sliced or query.combinator or given._fields is not None:
                raise TypeError(
                    f"with_objects(a queryset of {queryset.model._meta.label}): it is filtered by "
                    f"the keys of a page; leave out slices, union() and values()"
                )
            model = concrete_model(queryset.model)
            if not any(model in arc.models for arc in self.model.arcs.values()):
                next(iter(self.model.arcs.values())).field_for(model)  # raises NotRegistered
            loaders[model] = queryset
        clone = self.all()
        clone._objects_from, clone._roles = loaders, roles or None
        return clone

    def update_or_create(
        self,
        *args: Any,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Row, bool]:
        """Update the row that ``get_or_create`` finds with ``defaults``, or make it."""
        made_with = defaults if create_defaults is None else create_defaults
        row, is_new = self.get_or_create(*args, defaults=made_with, **kwargs)  # type: ignore[misc]
        if not is_new:
            using = row._state.db
            with transaction.atomic(using=using):
                row = self.using(using).select_for_update().get(pk=row.pk)
                for name, value in resolve_callables(defaults or {}):
                    if not hasattr(self.model, name):
                        raise FieldError(f"update_or_create(): {name!r} is no field to update")
                    setattr(row, name, value)
                row.save()
        return row, is_new

    async def aupdate_or_create(self, *args: Any, **kwargs: Any) -> tuple[_Row, bool]:
        """Like ``update_or_create``."""
        return await sync_to_async(self.update_or_create)(*args, **kwargs)

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._objects_from, clone._known = self._objects_from, self._known
        clone._roles = self._roles
        return clone

    def _fetch_all(self) -> None:
        if is_fresh := self._result_cache is None:
            self._result_cache = self._fetch_fast()
        super()._fetch_all()
        if is_fresh:
            self.load(self._result_cache or ())

    def load(self, found: Iterable[Any]) -> None:
        """Load the objects of rows that were read for this queryset, after ``with_objects()``."""
        rows = self._load_objects(found)
        if self.query.deferred_loading[0]:
            load_together(rows)

    def _load_objects(self, found: Iterable[Any]) -> list[ArcModel]:
        rows = [row for row in found if isinstance(row, ArcModel)]  # values() gives others
        if self._objects_from is not None:
            load_objects(rows, self._objects_from, self._known, self._roles)
        return rows

    def _fetch_fast(self) -> list[_Row] | None:
        """Return the rows as an ``ArcReader`` or a plan reads them; None where only Django can."""
        return read_rows(self) if self.model.__init__ is ArcModel.__init__ else None

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[_Row]:
        """Return a page of rows, newest first, without a COUNT: one query of ``size + 1`` rows.

        ``after`` and ``before`` take the ``next`` and ``previous`` of another page. Stable while
        rows come and go, and with equal times. Raises InvalidCursor for a forged cursor, TypeError
        for a slice, ``values()`` and the like, and another order.
        """
        return Page.make(newest_first(self).beyond, size, after, before)

    def beyond(self, position: Position | None, newer: bool, limit: int) -> Beyond:
        """Return rows older than a position, the newest first; or newer ones, the oldest first.

        Where conditions leave out very many rows, it may return fewer than there are.
        """
        rows = self.all()  # a slice of a queryset that is read would be a list
        if position is not None:
            rows = rows.filter(keyset_q("gt" if newer else "lt", *position))
        rows = rows.order_by("datetime", "pk") if newer else rows
        return Beyond(list(rows[:limit]), limit)

    def count_newer(self, cursor: str | None, most: int) -> int:
        """Count the rows newer than a cursor, or all of them for None: up to ``most``.

        It takes the queries of a page, but none for objects. Where conditions leave out very many
        rows, it counts only those that it looks at. Raises InvalidCursor.
        """
        return len(self.newer_than(Page.decode(cursor) if cursor else None, most))

    def newer_than(self, position: Position | None, most: int) -> Beyond:
        """Return rows newer than a position, the oldest first, without their objects.

        For None, the newest of all, and these first.
        """
        newer = self.all()
        newer._objects_from = None
        return newer.beyond(position, position is not None, most)

    def iterator(self, chunk_size: int | None = None) -> Iterator[_Row]:
        """Like Django's; with ``with_objects()`` it loads the objects of each chunk (2000 rows)."""
        rows = super().iterator(chunk_size)
        if self._objects_from is None:
            return rows
        return self._in_chunks(rows, chunk_size or CHUNK)

    def _in_chunks(self, rows: Iterator[_Row], size: int) -> Iterator[_Row]:
        while chunk := list(islice(rows, size)):
            self._load_objects(chunk)
            yield from chunk

    async def aiterator(self, chunk_size: int = CHUNK) -> AsyncIterator[_Row]:
        """Like ``iterator``."""
        rows = self.iterator(chunk_size)
        while chunk := await sync_to_async(lambda: list(islice(rows, chunk_size)))():
            for row in chunk:
                yield row

    def _batched_insert(self, objs: Any, fields: Any, *args: Any, **kwargs: Any) -> Any:
        fields = without_empty_columns(fields, objs)
        return super()._batched_insert(objs, fields, *args, **kwargs)  # type: ignore[misc]
