"""Getting a row or making it, so that only one of concurrent calls makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models import Model, Q

from stream.arc.models import ArcModel, ArcQuerySet

_Row = TypeVar("_Row", bound=ArcModel)

READ_COMMITTED = "read committed"


def get_or_make(
    rows: ArcQuerySet[_Row], same: Q, owner: tuple[type[Model], Any], make: Callable[[], _Row]
) -> tuple[_Row, bool]:
    """Get the row that meets a condition, or make it while the owner's row is locked.

    All makers of the same row lock the same owner (a model and a key). A transaction at
    PostgreSQL's REPEATABLE READ or SERIALIZABLE does not see rows that were made after it began:
    instead of making a second row, it then raises OperationalError, as these levels promise.
    """
    try:
        return rows.get(same), False
    except rows.model.DoesNotExist:
        pass
    connection = connections[rows.db]
    is_inside = connection.in_atomic_block
    with transaction.atomic(using=rows.db):
        level = _lock(owner, connection, is_inside)
        # MariaDB shows the newest rows to a statement that locks them.
        locks = is_inside and connection.vendor == "mysql"
        try:
            return (rows.select_for_update() if locks else rows).get(same), False
        except rows.model.DoesNotExist:
            if level not in ("", READ_COMMITTED):
                _touch(owner, connection)
            return make(), True


def _lock(owner: tuple[type[Model], Any], connection: Any, is_inside: bool) -> str:
    """Lock the owner's row; return the isolation level of the site on PostgreSQL, else ""."""
    level = ""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")  # takes no snapshot, unlike a query
            [level] = cursor.fetchone()
            if not is_inside and level != READ_COMMITTED:  # this one sees what others commit now
                cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    model, key = owner
    # The weakest lock that excludes itself: others can still send actions by the same actor.
    no_key = connection.features.has_select_for_no_key_update
    owners = model._base_manager.using(connection.alias).select_for_update(no_key=no_key)
    owners.order_by().values_list("pk").get(pk=key)
    return level


def _touch(owner: tuple[type[Model], Any], connection: Any) -> None:
    """Write the owner's row unchanged: transactions that began before can no longer lock it."""
    model, key = owner
    field: Any = model._meta.pk
    table, column = map(connection.ops.quote_name, (model._meta.db_table, field.column))
    sql = f"UPDATE {table} SET {column} = {column} WHERE {column} = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_value(key, connection)])
