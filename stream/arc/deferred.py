"""Loading what a queryset has deferred for all rows that it has read, by one query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models

from stream.arc.columns import ArcForeignKey

MOST_ROWS = 2000  # of which the keys are sent at once


class ReadTogether(models.Model):
    """A row that knows with which it was read. Django 6.1 has it as ``FETCH_PEERS``."""

    class Meta:
        abstract = True

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        for name in ("read_with", "filled"):  # of a copy
            vars(state["_state"]).pop(name, None)
        return state

    # Django loads by this what is deferred.
    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        """Like Django's; what a queryset has deferred is loaded for all rows that it has read."""
        is_from_here = from_queryset is None and using in (None, self._state.db)
        is_one = fields and len(fields) == 1 and self.get_deferred_fields().issuperset(fields)
        if is_one and is_from_here:
            [name] = fields
            read_with = getattr(self._state, "read_with", ())
            bare = {row.pk: row for row in read_with if name not in row.__dict__}
            stored = type(self)._base_manager.using(self._state.db).filter(pk__in=bare)
            for pk, value in stored.values_list("pk", name) if bare else ():
                bare[pk].__dict__[name] = value
            if name in self.__dict__:
                return
        super().refresh_from_db(using, fields, from_queryset)


def keep_together(rows: Sequence[models.Model], query: Any) -> None:
    """Let rows of a query load together what it has deferred."""
    if query.deferred_loading[0]:
        load_together(rows)


def load_together(rows: Sequence[models.Model]) -> None:
    """Let rows load together what was left out when they were read, unless they are very many."""
    for row in rows if len(rows) <= MOST_ROWS else ():
        row._state.read_with = rows  # type: ignore[attr-defined]


def deferred_fields(rows: models.QuerySet[Any]) -> Any:
    """Return the names of what ``defer`` leaves out; None where a reader needs some of it."""
    names, is_defer = rows.query.deferred_loading
    if not names:
        return frozenset()
    needed = {"datetime", rows.model._meta.pk.name}
    fields = rows.model._meta.concrete_fields
    may_lack = {each.name for each in fields if not isinstance(each, ArcForeignKey)} - needed
    return frozenset(names) if is_defer and may_lack.issuperset(names) else None
