"""Delivering an action to recipients, in the database: no instance is made for any of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connections, router, transaction
from django.db.models import BigIntegerField, Exists, F, Model, OuterRef, QuerySet, Value
from django.db.models.constants import OnConflict
from django.utils import timezone

from stream.arc_rules import concrete_model, key_of
from stream.models import Action
from stream.notifications import signals
from stream.notifications.grouping import group_of
from stream.notifications.models import Inbox, Mute, Notification
from stream.notifications.mutes import muting
from stream.notifications.query import InKeys, lock

logger = logging.getLogger(__name__)

CHUNK = 2000  # recipients of a transaction


def notify(recipients: Any, action: Action, *, to_self: bool = False) -> int:
    """Deliver an action to recipients; return how many got it.

    ``recipients`` is a user, an iterable of users, a queryset of users of any size, a group or
    None. Who acted gets it only ``to_self``; who has it already or has muted it never does, and of
    a private action only those with a role in it. Five queries for each 2,000 recipients, each
    such chunk a transaction of its own where the caller has none. Raises TypeError or ValueError.
    """
    if not isinstance(action, Action) or action.pk is None:
        raise TypeError(f"notify(action={action!r:.80}): pass a saved action")
    using = action._state.db or router.db_for_write(Notification)
    wanted = None if to_self and action.public else _roles(action)
    count = 0
    for keys in _chunks(recipients, using):
        if wanted and not action.public:
            keys = [key for key in keys if key in wanted["any"]]
        if wanted and not to_self:
            keys = [key for key in keys if key not in wanted["actor"]]
        count += _deliver(keys, action, using) if keys else 0
    return count


async def anotify(recipients: Any, action: Action, *, to_self: bool = False) -> int:
    """Like ``notify``."""
    return await sync_to_async(notify)(recipients, action, to_self=to_self)


def _roles(action: Action) -> dict[str, set[Any]]:
    """Return the keys of the users that act and of those with any role. No query."""
    people = concrete_model(get_user_model())
    keys: dict[str, set[Any]] = {"actor": set(), "any": set()}
    for role, arc in action.arcs.items():
        field = arc.filled_field(action)
        if field and issubclass(people, field.related_model):
            keys["any"].add(getattr(action, field.attname))
            if role == "actor":
                keys["actor"].add(getattr(action, field.attname))
    return keys


# Recipients


def _chunks(recipients: Any, using: str) -> Iterator[list[Any]]:
    """Yield the keys of recipients, in lists that one statement can hold."""
    limit = connections[using].features.max_query_params
    size = min(CHUNK, limit - 100) if limit else CHUNK
    if recipients is None:
        return
    if isinstance(recipients, Group):
        recipients = get_user_model()._default_manager.filter(groups=recipients)
    if isinstance(recipients, QuerySet):
        yield from _keys_of(recipients, size, using)
        return
    users = [recipients] if isinstance(recipients, Model) else recipients
    if isinstance(users, str | bytes) or not isinstance(users, Iterable):
        raise TypeError(
            f"notify({users!r:.80}): pass a user, users, a queryset of users or a group"
        )
    people = concrete_model(get_user_model())
    keys = iter(dict.fromkeys(_key(user, people) for user in users))
    while chunk := list(islice(keys, size)):
        yield chunk


def _key(user: Any, people: type[Model]) -> Any:
    if not isinstance(user, Model) or not issubclass(concrete_model(user), people):
        raise TypeError(f"notify({user!r:.80}): recipients are instances of {people._meta.label}")
    return key_of(user)


def _keys_of(users: QuerySet[Any], size: int, using: str) -> Iterator[list[Any]]:
    """Yield the keys of a queryset by ranges of keys, so that no more than a chunk is in memory."""
    people = concrete_model(get_user_model())
    if not issubclass(concrete_model(users.model), people):
        raise TypeError(
            f"notify(a queryset of {users.model._meta.label}): recipients are of "
            f"{people._meta.label}; write such as "
            f"{people.__name__}.objects.filter(pk__in=….values('user'))"
        )
    if users._fields is not None:  # type: ignore[attr-defined]
        raise TypeError(
            "notify(a queryset of values): recipients are users; leave out values() and "
            "values_list()"
        )
    if users.query.is_sliced or users.query.combinator or users.query.distinct_fields:
        users = people._base_manager.filter(
            pk__in=list(users.using(using).values_list("pk", flat=True))
        )
    found = users.using(using).order_by("pk").values_list("pk", flat=True)
    keys = list(found[:size])
    while keys:
        yield list(dict.fromkeys(keys))
        keys = list(found.filter(pk__gt=keys[-1])[:size]) if len(keys) == size else []


# Statements


def _deliver(keys: list[Any], action: Action, using: str) -> int:
    with transaction.atomic(using=using, savepoint=False):
        no_key = connections[using].features.has_select_for_no_key_update
        actions = Action._base_manager.using(using).select_for_update(no_key=no_key)
        # Others that deliver the same action wait here, so what follows sees who has it.
        if not actions.filter(pk=action.pk).order_by().values_list("pk").first():
            return 0  # deleted just now
        inboxes = Inbox._base_manager.using(using).filter(InKeys(F("pk"), keys))
        # Added before any inbox is locked, or two that add and lock could wait for each other.
        if missing := set(keys).difference(inboxes.values_list("pk", flat=True)):
            _add_inboxes(missing, using)
        lock(inboxes, using)
        now = timezone.now()
        count = _insert(inboxes, action, now, using)
        if count:
            _count(inboxes, action, everybody=count == len(keys))
            _announce(keys, action, count, now, using)
    return count


def _add_inboxes(keys: Iterable[Any], using: str) -> None:
    users = get_user_model()._base_manager.filter(pk__in=list(keys)).order_by("pk")
    # Not IGNORE: MariaDB then shares the lock of an inbox that another has just added, and two that
    # share it cannot lock it. UPDATE changes nothing and has the lock alone.
    _insert_select(Inbox, ["user"], users.values_list("pk"), using, OnConflict.UPDATE)


def _insert(inboxes: QuerySet[Inbox], action: Action, now: Any, using: str) -> int:
    got = Notification.objects.filter(action=action.pk, recipient=OuterRef("pk"))
    muted = Mute._default_manager.filter(muting(action), user=OuterRef("pk"))
    rows = inboxes.filter(~Exists(got), ~Exists(muted)).values_list(
        "pk",
        F("delivered") + 1,
        Value(action.pk, BigIntegerField()),
        Value(group_of(action), BigIntegerField()),
        Value(now, Notification._meta.get_field("datetime")),
    )
    names = ["recipient", "number", "action", "group", "datetime"]
    return _insert_select(Notification, names, rows, using)


def _count(inboxes: QuerySet[Inbox], action: Action, *, everybody: bool) -> None:
    if not everybody:
        new = Notification.objects.filter(
            action=action.pk, recipient=OuterRef("pk"), number__gt=OuterRef("delivered")
        )
        inboxes = inboxes.filter(Exists(new))
    inboxes.update(delivered=F("delivered") + 1, unseen=F("unseen") + 1, unread=F("unread") + 1)


def _insert_select(
    model: type[Model],
    names: list[str],
    rows: QuerySet[Any, Any],
    using: str,
    on_conflict: OnConflict | None = None,
) -> int:
    """Write the rows of a queryset, which the ORM has no way to say; return how many."""
    connection = connections[using]
    quote, ops = connection.ops.quote_name, connection.ops
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns, key = ", ".join(quote(field.column) for field in fields), [model._meta.pk.column]
    select, params = rows.using(using).query.get_compiler(using).as_sql()
    sql = " ".join(
        [
            ops.insert_statement(on_conflict=on_conflict),
            f"{quote(model._meta.db_table)} ({columns})",
            select,
            ops.on_conflict_suffix_sql(fields, on_conflict, key, key),
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def _announce(keys: list[Any], action: Action, count: int, now: Any, using: str) -> None:
    if not signals.delivered.has_listeners(Notification):
        return
    batch = Notification.objects.using(using).filter(
        InKeys(F("recipient"), keys), action=action.pk, datetime=now
    )
    transaction.on_commit(lambda: _send(action, count, batch, using), using=using)


def _send(action: Action, count: int, batch: Any, using: str) -> None:
    for receiver, answer in signals.delivered.send_robust(
        sender=Notification, action=action, count=count, notifications=batch, using=using
    ):
        if isinstance(answer, Exception):
            logger.error("%r failed on new notifications", receiver, exc_info=answer)
