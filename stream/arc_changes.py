"""Telling of rows that have changed, in the transaction that changes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.dispatch import Signal

_Row = TypeVar("_Row", bound=models.Model)

TOLD = 1000  # rows that one signal tells of


class Telling:
    """What makes a model send the signal ``changed`` with ``keys`` and ``using``.

    It is no model itself, so that fields can be imported before apps are loaded.
    """

    pk: Any
    _state: Any

    changed: ClassVar[Signal | None] = None
    quiet_fields: ClassVar[frozenset[str]] = frozenset()  # a change of these is not told

    @classmethod
    def is_to_tell(cls, names: Iterable[str] | None = None) -> bool:
        """Tell whether somebody wants to know of a change of these fields; of None, of all."""
        if cls.changed is None or not cls.changed.has_listeners(cls._teller()):
            return False
        return names is None or not cls.quiet_fields.issuperset(names)

    @classmethod
    def tell_changed(cls, keys: Sequence[Any], using: str | None) -> None:
        """Send the signal. Its sender is the model that names it, also for a proxy or a child."""
        if cls.changed is not None and keys:
            cls.changed.send(cls._teller(), keys=list(keys), using=using or DEFAULT_DB_ALIAS)

    @classmethod
    def _teller(cls) -> type:
        return next(each for each in cls.__mro__ if "changed" in vars(each))

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(
        self,
        *args: Any,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs |= {"using": using, "update_fields": update_fields}
        save = partial(super().save_base, *args, **kwargs)  # type: ignore[misc]
        if self._state.adding or not self.is_to_tell(update_fields):
            save()
            return
        with transaction.atomic(using=using):
            save()
            self.tell_changed([self.pk], using)


class TellingQuerySet(models.QuerySet[_Row]):
    """Rows whose model tells of changes."""

    def update(self, **kwargs: Any) -> int:
        """Update as Django does.

        Where a change of these fields is told: in a transaction, one query for the keys, and one
        for each thousand of them.
        """
        model: Any = self.model
        is_refused = self.query.is_sliced or self.query.combinator  # as Django says
        if is_refused or not model.is_to_tell(kwargs):
            return super().update(**kwargs)
        self._for_write = True
        count = 0
        with transaction.atomic(using=self.db):
            # By keys, lest a row that comes in between is changed and not told of.
            keys = list(dict.fromkeys(self.order_by().values_list("pk", flat=True)))
            for at in range(0, max(len(keys), 1), TOLD):
                some = keys[at : at + TOLD]
                count += super(TellingQuerySet, self.filter(pk__in=some)).update(**kwargs)
                model.tell_changed(some, self.db)
        self._result_cache = None  # as Django forgets what was read before
        return count

    update.alters_data = True  # type: ignore[attr-defined]
