"""Creating and deleting actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Model, Q
from django.db.models.utils import resolve_callables

from stream.actions.building import build_action
from stream.actions.finding import ReadingQuerySet
from stream.arc.making import get_or_make
from stream.arc.writing import can_copy, copy_rows
from stream.base import BaseAction
from stream.locking import by_index, lock, run
from stream.text import ROLES

_Row = TypeVar("_Row", bound=BaseAction)


class ActionQuerySet(ReadingQuerySet[_Row]):
    """Actions, newest first: created here, found by the streams."""

    _db: str | None

    # Creating. All arguments are optional, since related managers pass a column instead of a role:
    # ann.actor_actions.create(verb="joined").

    def create(
        self,
        actor: Model | None = None,
        verb: Any = None,
        target: Model | None = None,
        action_object: Model | None = None,
        *,
        context: Model | None = None,
        **kwargs: Any,
    ) -> _Row:
        """Write an action in one query.

        Raises NotRegistered, TypeError or ValueError before anything is written.
        """
        roles = {"actor": actor, "target": target, "action_object": action_object}
        roles["context"] = context
        return self._send("Action.objects.create", verb=verb, **roles, **kwargs)

    def _send(self, call: str, **arguments: Any) -> _Row:
        action, using = build_action(self.model, call, self._db, arguments)
        action.save(force_insert=True, using=using)
        return action

    async def acreate(self, *args: Any, **kwargs: Any) -> _Row:
        """Like ``create``."""
        return await sync_to_async(self.create)(*args, **kwargs)

    def get_or_create(  # type: ignore[override]
        self,
        actor: Model | None = None,
        verb: Any = None,
        target: Model | None = None,
        action_object: Model | None = None,
        *,
        context: Model | None = None,
        defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Row, bool]:
        """Return the action with exactly these objects (``None``: without one), or make it.

        One query if it exists. Otherwise the actor's row is locked, so that only one of concurrent
        calls makes it. Raises MultipleObjectsReturned if there are several, and what ``create``
        raises.
        """
        call = "Action.objects.get_or_create"
        fields = {name: value for name, value in kwargs.items() if "__" not in name}
        fields |= {"actor": actor, "verb": verb, "target": target, "action_object": action_object}
        fields["context"] = context
        wanted, using = build_action(self.model, call, self._db, fields)
        same = Q(verb=wanted.verb, **kwargs)
        for role in ROLES:
            arc, obj = self.model.arcs[role], getattr(wanted, role)
            same &= arc.q_none() if obj is None else arc.q(obj)

        def make() -> _Row:
            made_of = {**fields, **dict(resolve_callables(defaults or {}))}
            return self.using(using)._send(call, **made_of)

        owner = self.model.actor.field_for(wanted.actor).related_model, wanted.actor.pk
        return get_or_make(self.using(using), same, owner, make)

    async def aget_or_create(self, *args: Any, **kwargs: Any) -> tuple[_Row, bool]:
        """Like ``get_or_create``."""
        return await sync_to_async(self.get_or_create)(*args, **kwargs)

    def bulk_create(  # type: ignore[override]
        self,
        objs: Iterable[_Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        **kwargs: Any,
    ) -> list[_Row]:
        """Write many actions as Django does, and send the signal for each of them.

        Raises ValueError where the database would not tell which rows are new.
        """
        if ignore_conflicts or update_conflicts:
            option = "ignore_conflicts" if ignore_conflicts else "update_conflicts"
            raise ValueError(
                f"Action.objects.bulk_create({option}=True): the database does not tell which rows "
                f"are new, so signals and rules cannot; leave out those whose keys "
                f"Action.objects.in_bulk(keys) finds"
            )
        actions = list(objs)
        self._for_write = True
        with self.model.announcing(actions, self.db):
            return super().bulk_create(actions, batch_size, **kwargs)

    def _send_many(self, call: str, arguments: Iterable[Mapping[str, Any]], batch_size: int) -> int:
        """Write an action for each mapping of ``action.send``'s arguments; return how many.

        All or none, and no more than a batch in memory.
        """
        if batch_size < 1:
            raise ValueError(f"{call}(batch_size={batch_size}): a batch has one action at least")
        self._for_write = True
        built = (
            build_action(self.model, f"{call}(), item {number}: send", self.db, each)[0]
            for number, each in enumerate(arguments)
        )
        count = 0
        with transaction.atomic(using=self.db):
            while batch := list(islice(built, batch_size)):
                self._write(batch)
                count += len(batch)
        return count

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them as Django does, and again where the database ends it for a deadlock.

        It locks them in the order of their keys, so that two calls that delete the same actions do
        not wait for each other in a circle.
        """
        if self.query.is_sliced or self.query.distinct or self._fields is not None:  # type: ignore[attr-defined]
            return super().delete()  # Django refuses it
        self._for_write = True

        def act() -> tuple[int, dict[str, int]]:
            lock(self)
            with by_index(self.db):
                return super(ActionQuerySet, self).delete()

        return run(act, self.db)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _write(self, batch: list[_Row]) -> None:
        """Write built actions as fast as the database can, and send the signals."""
        self._for_write = True
        with self.model.announcing(batch, self.db):
            is_copied = (
                can_copy(self.db)
                and all(action.pk is None for action in batch)
                and copy_rows(batch, self.db)
            )
            if not is_copied:
                super().bulk_create(batch, batch_size=len(batch))
