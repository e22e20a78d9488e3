"""Finding, locking and writing notifications."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Self, TypeVar

from django.contrib.auth import get_user_model
from django.db import connections, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.constants import OnConflict
from django.db.models.lookups import In

from stream.chunks import chunks, key_chunks
from stream.locking import by_index, keep, run
from stream.models import Action
from stream.notifications.inbox import Inbox

_Notification = TypeVar("_Notification", bound=models.Model)  # whose module imports this one

KEYS_PER_STATEMENT = 900  # some databases take no thousand


class InKeys(In):
    """``IN`` for many keys: ``filter(InKeys(F("pk"), keys))``.

    PostgreSQL gets them as one array: Django and the driver take longer for a thousand parameters
    than the database takes for the rows.
    """

    def __init__(self, lhs: Any, rhs: Any) -> None:
        super().__init__(lhs, rhs)
        self.arrays: dict[Any, Any] = {}  # by type; shared by copies, and so by several statements

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)  # prepared below, where the field is known

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return In(self.lhs, self.rhs).as_sql(compiler, connection)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        field: Any = self.lhs.output_field
        kind = field.db_type(connection)
        if kind not in self.arrays:
            self.arrays[kind] = array_of(field, self.rhs, connection)
        sql, array = self.arrays[kind]
        return f"{lhs} = ANY ({sql})", [*params, array]


class NotificationQuerySet(models.QuerySet[_Notification]):
    """Notifications of any recipients."""

    def unseen(self) -> Self:
        """Return the notifications that their recipients have not seen."""
        return self.unread().filter(~_marked("seen"), seen_at__isnull=True)

    def unread(self) -> Self:
        """Return the notifications that their recipients have not read."""
        return self.filter(~_marked("read"), read_at__isnull=True)

    def seen(self) -> Self:
        """Return the notifications that their recipients have seen."""
        return self.filter(
            Q(read_at__isnull=False) | Q(seen_at__isnull=False) | _marked("read") | _marked("seen")
        )

    def read(self) -> Self:
        """Return the notifications that their recipients have read."""
        return self.filter(Q(read_at__isnull=False) | _marked("read"))

    def archived(self) -> Self:
        """Return the notifications that their recipients have put away."""
        return self.filter(archived=1)

    def newest_of(self, recipient: Any) -> Self:
        """Return the notifications of a user, newest first, to read some of them."""
        return self.filter(**range_of(recipient, self.db)).order_by("-recipient_id", "-pk")

    def before(self, when: dt.datetime) -> Self:
        """Return the notifications that were delivered before a time."""
        return self.filter(datetime__lt=when)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them in chunks, each its own transaction unless the caller has one.

        First their actions and recipients are locked against deletion, in the order in which
        everything locks them: so nobody waits in a circle.
        """
        if self.query.is_sliced or self._fields is not None:  # type: ignore[attr-defined]
            return super().delete()  # which refuses it
        self._for_write = True
        using, counts = self.db, Counter[str]()
        chosen = self.using(using)
        batches: Iterable[list[int]] = key_chunks(chosen, KEYS_PER_STATEMENT)
        if connections[using].in_atomic_block:  # all are locked before any is deleted
            batches = [list(chosen.order_by("pk").values_list("pk", flat=True))]
        for keys in batches:
            counts += run(partial(self._delete_keys, keys, using), using)
        return counts.total(), dict(counts)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _delete_keys(self, keys: list[int], using: str) -> Counter[str]:
        parts = [self.of_keys(some, using) for some in chunks(keys, KEYS_PER_STATEMENT)]
        for model, name in ((Action, "action_id"), (get_user_model(), "recipient_id")):
            keep_all(model, chain(*(part.values_list(name, flat=True) for part in parts)), using)
        counts, locked = Counter[str](), []
        with by_index(using):
            for part in parts:
                found = part.order_by("pk").values_list("pk", flat=True).select_for_update()
                locked.append(self.of_keys(list(found), using))
            for part in locked:
                counts += Counter(super(NotificationQuerySet, part).delete()[1])
        return counts

    def of_keys(self, keys: list[int], using: str) -> Self:
        """Return the notifications with these keys. Any other condition might lock more rows."""
        return type(self)(self.model, using=using).filter(InKeys(F("pk"), keys))


def range_of(recipient: Any, using: str) -> dict[str, Any]:
    """Return the lookups of a user's notifications, to read some in the order of their keys.

    On PostgreSQL a range, so that only an index of recipients has the order. It takes all users
    for equally busy, and might walk from the newest of all past those of others.
    """
    is_range = connections[using].vendor == "postgresql"
    names = ("recipient__gte", "recipient__lte") if is_range else ("recipient",)
    return dict.fromkeys(names, recipient)


def keep_all(model: type[models.Model], keys: Iterable[Any], using: str) -> None:
    """Lock the objects with these keys so that nobody deletes them: see ``keep``."""
    if connections[using].features.has_select_for_update:
        for some in chunks(sorted(set(keys)), KEYS_PER_STATEMENT):
            keep(model._base_manager.filter(InKeys(F("pk"), some)), using)


def _marked(kind: str) -> Q:
    of_recipient = Inbox._default_manager.filter(pk=OuterRef("recipient"))
    return Q(Exists(of_recipient.filter(**{f"{kind}_up_to__gte": OuterRef("pk")})))


def insert(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    using: str,
    on_conflict: OnConflict | None = OnConflict.IGNORE,
) -> int:
    """Write rows of the values of these fields, unless they exist; return how many.

    Not by ``INSERT … SELECT``: MariaDB would lock the counter of keys while that waits.
    """
    connection = connections[using]
    quote, ops = connection.ops.quote_name, connection.ops
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns, key = ", ".join(quote(field.column) for field in fields), [model._meta.pk.column]
    begin = f"{ops.insert_statement(on_conflict=on_conflict)} {quote(model._meta.db_table)}"
    end = ops.on_conflict_suffix_sql(fields, on_conflict, key, key)
    as_source = _arrays if connection.vendor == "postgresql" else _values
    step, count = ops.bulk_batch_size(fields, rows), 0
    with connection.cursor() as cursor:
        for at in range(0, len(rows), step):
            source, params = as_source(fields, rows[at : at + step], connection)
            cursor.execute(f"{begin} ({columns}) {source} {end}", params)
            count += cursor.rowcount
    return count


def _values(fields: list[Any], rows: Any, connection: Any) -> tuple[str, list[Any]]:
    line = f"({', '.join(['%s'] * len(fields))})"
    params = [
        field.get_db_prep_value(value, connection)
        for row in rows
        for field, value in zip(fields, row, strict=True)
    ]
    return f"VALUES {', '.join([line] * len(rows))}", params


def _arrays(fields: list[Any], rows: Any, connection: Any) -> tuple[str, list[Any]]:
    """Send each column as one array, or as one value where all rows have the same."""
    chosen, arrays, constants, params = [], [], [], []
    for number, (field, values) in enumerate(zip(fields, zip(*rows, strict=True), strict=True)):
        if number and len(set(values)) == 1:
            chosen.append(f"%s::{field.db_type(connection)}")
            constants.append(field.get_db_prep_value(values[0], connection))
        else:
            chosen.append(f"column{number}")
            sql, param = array_of(field, values, connection)
            arrays.append((f"column{number}", sql))
            params.append(param)
    names, sources = (", ".join(each) for each in zip(*arrays, strict=True))
    source = f"unnest({sources}) AS rows ({names})"
    return f"SELECT {', '.join(chosen)} FROM {source}", [*constants, *params]


def array_of(field: Any, values: Iterable[Any], connection: Any) -> tuple[str, Any]:
    """Return the SQL of an array for PostgreSQL, and its parameter."""
    array = [field.get_db_prep_value(value, connection) for value in values]
    are_numbers = all(type(each) is int for each in array)  # faster written than adapted
    param = f"{{{','.join(map(str, array))}}}" if are_numbers else array
    return f"%s::{field.db_type(connection)}[]", param
