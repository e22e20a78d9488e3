"""Checks before rows are written, and a signal after, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, TypeVar

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.dispatch import Signal

from stream.arc.values import refuse_values

_Row = TypeVar("_Row", bound=Any)

KEYS_PER_SIGNAL = 1000


class Telling(models.Model):
    """A model that sends the signal ``changed`` with ``keys`` and ``using``."""

    changed: ClassVar[Signal | None] = None
    quiet_fields: ClassVar[frozenset[str]] = frozenset()  # a change of these sends no signal

    class Meta:
        abstract = True

    @classmethod
    def is_to_tell(cls, names: Iterable[str] | None = None) -> bool:
        """Tell whether a change of these fields is signalled to anybody; None stands for all."""
        if cls.changed is None or not cls.changed.has_listeners(cls._teller()):
            return False
        return names is None or not cls.quiet_fields.issuperset(names)

    @classmethod
    def tell_changed(cls, keys: Sequence[Any], using: str | None) -> None:
        """Send the signal. The sender is the model that defines it, also for a proxy or child."""
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
        is_told = not self._state.adding and self.is_to_tell(update_fields)
        with transaction.atomic(using=using) if is_told else nullcontext():
            super().save_base(  # type: ignore[misc]
                *args, using=using, update_fields=update_fields, **kwargs
            )
            if is_told:
                self.tell_changed([self.pk], using)


class TellingQuerySet(models.QuerySet[_Row]):
    """A queryset of a model that tells of changes."""

    def update(self, **kwargs: Any) -> int:
        """Update as Django does, and send the signal if the model has one for these fields.

        That takes a transaction with one query for the keys, and one for each thousand of them.
        """
        model: Any = self.model
        is_refused = self.query.is_sliced or self.query.combinator  # with Django's error
        if is_refused or not model.is_to_tell(kwargs):
            return super().update(**kwargs)
        self._for_write = True
        count = 0
        with transaction.atomic(using=self.db):
            # By keys: a row that comes in between would be changed, but not told of.
            keys = list(dict.fromkeys(self.order_by().values_list("pk", flat=True)))
            for at in range(0, max(len(keys), 1), KEYS_PER_SIGNAL):
                some = keys[at : at + KEYS_PER_SIGNAL]
                count += super(TellingQuerySet, self.filter(pk__in=some)).update(**kwargs)
                model.tell_changed(some, self.db)
        self._result_cache = None  # as Django forgets what was read before
        return count

    update.alters_data = True  # type: ignore[attr-defined]


class CheckedQuerySet(TellingQuerySet[_Row]):
    """A queryset that calls ``check_to_write`` of each row before many are written."""

    def bulk_create(self, objs: Iterable[_Row], *args: Any, **kwargs: Any) -> list[_Row]:
        objs = list(objs)
        for obj in objs:
            obj.check_to_write(f"{self.model.__name__}.objects.bulk_create")
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(
        self, objs: Iterable[_Row], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        objs, fields = list(objs), list(fields)
        for obj in objs:
            obj.check_to_write(f"{self.model.__name__}.objects.bulk_update", fields)
        return super().bulk_update(objs, fields, batch_size)

    def update(self, **kwargs: Any) -> int:
        refuse_values(self.model, kwargs, f"{self.model.__name__}.objects.update")
        return super().update(**kwargs)
