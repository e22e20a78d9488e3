"""What is checked before rows are written, and told of after, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.dispatch import Signal

from stream.arc.values import refuse_values

_Row = TypeVar("_Row", bound=Any)

TOLD = 1000  # rows that one signal tells of


class Telling(models.Model):
    """A model that sends the signal ``changed`` with ``keys`` and ``using``."""

    changed: ClassVar[Signal | None] = None
    quiet_fields: ClassVar[frozenset[str]] = frozenset()  # a change of these is not told

    class Meta:
        abstract = True

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
        save = partial(super().save_base, *args, **kwargs)
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


class CheckedQuerySet(TellingQuerySet[_Row]):
    """Rows that are checked by ``check_to_write`` before many of them are written."""

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
