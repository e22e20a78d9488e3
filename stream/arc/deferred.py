"""Loading deferred fields: one query for all rows that a queryset has read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from stream.arc.columns import ArcForeignKey

ROWS_LOADED_TOGETHER = 2000  # their keys are sent at once; more rows are loaded one by one


class ReadTogether(models.Model):
    """A row that knows the rows with which it was read, as Django 6.1 has it by ``FETCH_PEERS``."""

    class Meta:
        abstract = True

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        for name in ("read_with", "filled"):  # a copy may be changed
            vars(state["_state"]).pop(name, None)
        return state

    # Django calls this to load a deferred field.
    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        """Like Django's, but load a deferred field for all rows that were read together."""
        is_from_here = from_queryset is None and using in (None, self._state.db)
        is_one = fields and len(fields) == 1 and self.get_deferred_fields().issuperset(fields)
        if is_one and is_from_here:
            [name] = fields
            read_with = getattr(self._state, "read_with", ())
            load_fields([row for row in read_with if name not in row.__dict__], fields)
            if name in self.__dict__:
                return
        super().refresh_from_db(using, fields, from_queryset)


def load_fields(rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Load deferred fields of rows, which are of one model and database: one query for all."""
    if not rows:
        return
    by_pk = {row.pk: row for row in rows}
    stored = type(rows[0])._base_manager.using(rows[0]._state.db).filter(pk__in=by_pk)
    for values in stored.values("pk", *names):
        by_pk[values.pop("pk")].__dict__.update(values)


def load_together(rows: Sequence[models.Model]) -> None:
    """Let rows load a deferred field for all of them at once, unless they are very many."""
    for row in rows if len(rows) <= ROWS_LOADED_TOGETHER else ():
        row._state.read_with = rows  # type: ignore[attr-defined]


def deferred_fields(rows: models.QuerySet[Any]) -> Any:
    """Return the names that ``defer`` leaves out; None if an ``ArcReader`` needs one of them."""
    names, is_defer = rows.query.deferred_loading
    if not names:
        return frozenset()
    needed = {"datetime", rows.model._meta.pk.name}
    fields = rows.model._meta.concrete_fields
    may_lack = {each.name for each in fields if not isinstance(each, ArcForeignKey)} - needed
    return frozenset(names) if is_defer and may_lack.issuperset(names) else None
