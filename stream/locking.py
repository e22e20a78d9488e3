"""Locking rows in the order of their keys, and trying again what the database ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, OperationalError, connections, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError

_Result = TypeVar("_Result")

TRIES = 5  # of a transaction that the database ends
LOCK_KEYS = {"postgresql": " FOR KEY SHARE", "mysql": " LOCK IN SHARE MODE"}
CHUNK = 2000  # keys in memory


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
        except (ProtectedError, RestrictedError):
            raise
        except (OperationalError, IntegrityError):
            continue
    with transaction.atomic(using=using):
        return act()


def keep(rows: QuerySet[Any], using: str) -> list[Any]:
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


def lock(rows: QuerySet[Any]) -> None:
    """Lock rows to be deleted in the order of their keys, so that nobody waits in a circle.

    ``DELETE`` takes them in the order in which it finds them, and MariaDB also what it sorts later.
    """
    if connections[rows.db].features.has_select_for_update:
        keys = rows.order_by("pk").values_list("pk", flat=True).iterator(CHUNK)
        every = rows.model._base_manager.using(rows.db).order_by("pk").values_list("pk")
        while some := list(islice(keys, CHUNK)):
            list(every.filter(pk__in=some).select_for_update())
