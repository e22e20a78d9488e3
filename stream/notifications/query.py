"""Finding, locking and writing notifications."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, OperationalError, connections, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.constants import OnConflict
from django.db.models.lookups import In

from stream.notifications.inbox import Inbox

if TYPE_CHECKING:
    from stream.notifications.models import Notification  # noqa: F401 - the row of the queryset

_Result = TypeVar("_Result")

TRIES = 5  # of a transaction that the database ends
CHUNK = 900  # keys of a statement; some databases take no thousand
LOCK_KEYS = {"postgresql": " FOR KEY SHARE", "mysql": " LOCK IN SHARE MODE"}


class InKeys(In):
    """``IN`` for many keys: ``filter(InKeys(F("pk"), keys))``.

    PostgreSQL gets them as one array: Django and the driver take longer for a thousand parameters
    than the database for the rows.
    """

    def __init__(self, lhs: Any, rhs: Any) -> None:
        super().__init__(lhs, rhs)
        self.arrays: dict[str, Any] = {}  # by type; of all copies, and so of several statements

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)  # prepared below, where the field is known

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return In(self.lhs, self.rhs).as_sql(compiler, connection)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        field: Any = self.lhs.output_field
        kind = field.db_type(connection)
        if kind not in self.arrays:
            keys = [field.get_db_prep_value(key, connection) for key in self.rhs]
            are_numbers = all(type(key) is int for key in keys)  # faster written than adapted
            self.arrays[kind] = f"{{{','.join(map(str, keys))}}}" if are_numbers else keys
        return f"{lhs} = ANY (%s::{kind}[])", [*params, self.arrays[kind]]


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Notifications of any recipients."""

    def unseen(self) -> Self:
        """Those that their recipients have not seen."""
        return self.unread().filter(~_marked("seen"), seen_at__isnull=True)

    def unread(self) -> Self:
        """Those that their recipients have not read."""
        return self.filter(~_marked("read"), read_at__isnull=True)

    def seen(self) -> Self:
        """Those that their recipients have seen."""
        return self.filter(
            Q(read_at__isnull=False) | Q(seen_at__isnull=False) | _marked("read") | _marked("seen")
        )

    def read(self) -> Self:
        """Those that their recipients have read."""
        return self.filter(Q(read_at__isnull=False) | _marked("read"))

    def before(self, when: dt.datetime) -> Self:
        """Those that were delivered before a time."""
        return self.filter(datetime__lt=when)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them; last those that others had locked, so that nobody waits in a circle.

        In two transactions, where the caller has none.
        """
        if self.query.is_sliced or self._fields is not None:  # type: ignore[attr-defined]
            return super().delete()  # which refuses it
        self._for_write = True
        using, counts = self.db, Counter[str]()
        for skip_locked in (True, False):
            counts += run(partial(self.delete_free, using, skip_locked=skip_locked), using)
        return counts.total(), dict(counts)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def delete_free(self, using: str, *, skip_locked: bool = True) -> Counter[str]:
        """Delete those that nobody else has locked, in the caller's transaction."""
        counts = Counter[str]()
        for rows in locked(self, using, skip_locked=skip_locked):
            counts += Counter(super(NotificationQuerySet, rows).delete()[1])
        return counts

    delete_free.alters_data = True  # type: ignore[attr-defined]


def _marked(kind: str) -> Q:
    of_recipient = Inbox._default_manager.filter(pk=OuterRef("recipient"))
    return Q(Exists(of_recipient.filter(**{f"{kind}_up_to__gte": OuterRef("pk")})))


def run(act: Callable[[], _Result], using: str) -> _Result:
    """Do something in a transaction, and again where the database ends it.

    It does that for a deadlock, or an object that was deleted meanwhile. In a transaction of the
    caller's it is for the caller to begin again.
    """
    if connections[using].in_atomic_block:
        with transaction.atomic(using=using, savepoint=False):
            return act()
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic(using=using):
                return act()
        except (OperationalError, IntegrityError):
            continue
    with transaction.atomic(using=using):
        return act()


def keep(rows: models.QuerySet[Any], using: str) -> list[Any]:
    """Lock rows so that nobody deletes them before the transaction ends; return their keys.

    In the order of the keys. Others may lock them in the same way: nobody waits but who deletes.
    """
    found: Any = rows.using(using).order_by("pk").values_list("pk")
    try:
        sql, params = found.query.get_compiler(using).as_sql()
    except EmptyResultSet:
        return []
    with connections[using].cursor() as cursor:
        cursor.execute(sql + LOCK_KEYS.get(connections[using].vendor, ""), params)
        return [rows.model._meta.pk.to_python(key) for (key,) in cursor.fetchall()]


def locked(
    rows: NotificationQuerySet, using: str, *, skip_locked: bool = True
) -> Iterator[NotificationQuerySet]:
    """Lock notifications to change them; yield them as querysets of so many as a statement holds.

    Those that others change or delete at this moment are left out: who holds such locks waits for
    nobody, and so is in no deadlock.
    """
    features = connections[using].features
    skip_locked = skip_locked and features.has_select_for_update_skip_locked
    no_key = features.has_select_for_no_key_update
    every = type(rows)(rows.model, using=using)
    ordered, last = rows.using(using).order_by("pk").values_list("pk", flat=True), 0
    while keys := list(ordered.filter(pk__gt=last)[:CHUNK] if last else ordered[:CHUNK]):
        # By their keys alone: nothing else that the rows are chosen by is locked.
        some = every.filter(InKeys(F("pk"), keys)).order_by("action", "recipient")
        free = some.select_for_update(skip_locked=skip_locked, no_key=no_key)
        if found := list(free.values_list("pk", flat=True)):
            yield every.filter(InKeys(F("pk"), found))
        last = keys[-1]


def insert(
    model: type[models.Model],
    names: Sequence[str],
    source: tuple[str, Sequence[Any]],
    using: str,
    on_conflict: OnConflict = OnConflict.IGNORE,
) -> int:
    """Write the rows of a SELECT or VALUES, where they are not there yet; return how many."""
    connection = connections[using]
    quote, ops = connection.ops.quote_name, connection.ops
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns, key = ", ".join(quote(field.column) for field in fields), [model._meta.pk.column]
    sql = (
        f"{ops.insert_statement(on_conflict=on_conflict)} {quote(model._meta.db_table)} "
        f"({columns}) {source[0]} {ops.on_conflict_suffix_sql(fields, on_conflict, key, key)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, source[1])
        return int(cursor.rowcount)
