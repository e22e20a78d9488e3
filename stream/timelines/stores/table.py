"""Timelines in a narrow table of the database of the actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connections, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.constants import OnConflict

from stream.timelines.conf import options
from stream.timelines.models import Entry, State
from stream.timelines.stored import NOTHING, Candidates, Pair, StoredTimeline, position_of
from stream.timelines.stores.table_sql import ACTION, LAST, STATE, add_sql, purge_sql, read_sql

if TYPE_CHECKING:
    import datetime as dt

    from stream.models import Action
    from stream.paging.pages import Position
    from stream.plan.pages import Plan
    from stream.timelines.followers import Followers


class TableTimeline(StoredTimeline):
    """Stores a row for each action on each timeline, written by ``INSERT … SELECT``."""

    store = "table"

    def read(
        self, plan: Plan, user: Any, position: Position | None, count: int
    ) -> Candidates | None:
        width = len(plan.reader.columns)
        rows: dict[int, list[Any]] = {ACTION: [], LAST: [], STATE: []}
        for row in plan.run(*read_sql(plan, user, position, count)):
            rows[row[width]].append(row)
        if not rows[STATE]:
            return None
        complete = rows[STATE][0][width + 1]
        if not complete & 1:
            return NOTHING
        actions = plan.reader.instances([row[:width] for row in rows[ACTION]])
        actions.sort(key=position_of, reverse=plan.newest_first)
        last = map(position_of, plan.reader.instances([row[:width] for row in rows[LAST]]))
        marks = [row[width + 2 :] for row in rows[STATE] if row[width + 2] is not None]
        return Candidates(actions, next(last, None), bool(complete & 2), marks)

    def add(self, action: Action, followers: Followers, using: str, is_new: bool = False) -> int:
        with connections[using].cursor() as cursor:
            if is_new:  # to look for conflicts takes half as long again
                try:
                    with transaction.atomic(using=using):
                        cursor.execute(*add_sql(action, followers, using, None))
                        return int(cursor.rowcount)
                except IntegrityError:  # a job that was broken off or run twice has added it
                    pass
            cursor.execute(*add_sql(action, followers, using, OnConflict.IGNORE))
            return int(cursor.rowcount)

    def add_newest(
        self, user: Any, pairs: Sequence[Pair], floor: dt.datetime | None, using: str
    ) -> int:
        if floor is not None:
            lower = Q(floor__isnull=True) | Q(floor__lt=floor)
            State.objects.using(using).filter(lower, pk=user).update(floor=floor)
        entries = [Entry(user_id=user, datetime=when, action_id=pk) for when, pk in pairs]
        Entry.objects.using(using).bulk_create(entries, ignore_conflicts=True)
        return len(entries)

    def clear(self, user: Any, using: str) -> None:
        Entry.objects.using(using).filter(user=user).delete()

    def purge(self, user: Any, using: str) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute(*purge_sql(user, using))

    def trim(self, users: Iterable[Any], using: str) -> None:
        keep = options().keep
        entries = Entry.objects.using(using)
        newest = entries.filter(user=OuterRef("pk")).order_by("-datetime", "-action")
        states = State.objects.using(using).filter(pk__in=users)
        first_gone = Subquery(newest.values("datetime")[keep : keep + 1])
        long = states.annotate(first_gone=first_gone).filter(first_gone__isnull=False)
        for user, floor in list(long.values_list("pk", "first_gone")):
            with transaction.atomic(using=using):
                self.add_newest(user, [], floor, using)
                entries.filter(user=user, datetime__lte=floor).delete()

    def reset(self, using: str) -> None:
        super().reset(using)
        Entry.objects.using(using).all()._raw_delete(using)
