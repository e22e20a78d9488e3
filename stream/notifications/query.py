"""Finding notifications, and deleting them so that the counters stay right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.db import connections, models, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from stream.models import Action

if TYPE_CHECKING:
    from stream.notifications.models import Inbox, Notification  # noqa: F401 - the row of the queryset

INBOX = "recipient__stream_inbox__"
CHUNK = 10_000  # recipients whose notifications one statement deletes


def open_q(kind: str, up_to: Any) -> Q:
    """Build the condition that one is not "seen" or "read", where all up to a number are."""
    return Q((f"{kind}_at__isnull", True), ("number__gt", up_to))


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


def lock_actions(keys: Collection[Any], using: str) -> list[Any]:
    """Lock actions until the transaction ends; return the keys of those that are there.

    Others that deliver the same ones wait here, so what follows sees who has them.
    """
    if not keys:
        return []
    no_key = connections[using].features.has_select_for_no_key_update
    actions = Action._base_manager.using(using).select_for_update(no_key=no_key)
    return list(actions.filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))


def lock(inboxes: models.QuerySet[Inbox], using: str) -> dict[Any, int]:
    """Lock inboxes until the transaction ends, in the order of their keys.

    Return what was delivered to each, by key.

    Who changes counters takes these locks first: the statements after it see what others wrote,
    and nobody waits for each other in a circle.
    """
    no_key = connections[using].features.has_select_for_no_key_update
    locked = inboxes.using(using).order_by("pk").select_for_update(no_key=no_key)
    return dict(locked.values_list("pk", "delivered"))


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Notifications of any recipients."""

    def unseen(self) -> Self:
        """Those that their recipients have not seen."""
        return self.filter(open_q("seen", F(f"{INBOX}seen_up_to")))

    def unread(self) -> Self:
        """Those that their recipients have not read."""
        return self.filter(open_q("read", F(f"{INBOX}read_up_to")))

    def seen(self) -> Self:
        """Those that their recipients have seen."""
        return self.filter(Q(seen_at__isnull=False) | Q(number__lte=F(f"{INBOX}seen_up_to")))

    def read(self) -> Self:
        """Those that their recipients have read."""
        return self.filter(Q(read_at__isnull=False) | Q(number__lte=F(f"{INBOX}read_up_to")))

    def before(self, when: dt.datetime) -> Self:
        """Those that were delivered before a time."""
        return self.filter(datetime__lt=when)

    # Private API of Django: its collector deletes by this whatever needs no signals, so also what
    # goes along with an action or a user. No signal tells of that without ending its fast way.
    def _raw_delete(self, using: str | None) -> int:
        using = using or self.db
        with transaction.atomic(using=using, savepoint=False):
            # In the order of who delivers: first the actions, then the inboxes by their keys.
            lock_actions(self._actions_named(), using)
            recipients = self.using(using).order_by("recipient_id").values_list("recipient_id")
            keys = [key for (key,) in recipients.distinct()]
            limit = connections[using].features.max_query_params
            step = max(limit // 4, 1) if limit else CHUNK
            return sum(
                self._delete_of(keys[at : at + step], using) for at in range(0, len(keys), step)
            )

    _raw_delete.alters_data = True  # type: ignore[attr-defined]

    def _actions_named(self) -> list[Any]:
        """Return the keys of the actions with which the collector deletes these."""
        return [
            key
            for each in self.query.where.children
            if isinstance(each, In) and getattr(each.lhs, "target", None) == self._action
            for key in (each.rhs if isinstance(each.rhs, list) else ())
        ]

    @property
    def _action(self) -> Any:
        return self.model._meta.get_field("action")

    def _delete_of(self, keys: list[Any], using: str) -> int:
        """Delete what these recipients have; while their inboxes are locked, they get no more."""
        from stream.notifications.models import Inbox

        inboxes = Inbox._base_manager.using(using).filter(InKeys(F("pk"), keys))
        lock(inboxes, using)
        doomed = self.using(using).order_by().filter(InKeys(F("recipient"), keys))
        inboxes.update(
            unseen=F("unseen") - _count(doomed, "seen"),
            unread=F("unread") - _count(doomed, "read"),
        )
        return super(NotificationQuerySet, doomed)._raw_delete(using)


def _count(rows: models.QuerySet[Any], kind: str) -> Any:
    """Count the rows of an inbox, the outer query, that are not seen or not read."""
    mine = rows.filter(open_q(kind, OuterRef(f"{kind}_up_to")), recipient=OuterRef("pk"))
    counted = mine.values("recipient").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
