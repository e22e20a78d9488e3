"""Locking rows in the order of their keys, and repeating transactions that the database ends."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, IntegrityError, OperationalError, connections, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError

_Result = TypeVar("_Result")

# Under REPEATABLE READ, one of eight busy processes needed five.
TRIES = 10  # of a transaction that the database ends
LOCK_KEYS = {"postgresql": " FOR KEY SHARE", "mysql": " LOCK IN SHARE MODE"}
CHUNK = 2000  # keys in memory

# Of errors that are raised at once, unlike a lock's timeout: a serialization failure or deadlock on
# PostgreSQL, a deadlock or changed record on MariaDB, a changed database on SQLite.
CODES_TO_RETRY = {"40001", "40P01", 1213, 1020, sqlite3.SQLITE_BUSY_SNAPSHOT}
LOCKS = re.compile(r"\A\(?SELECT .* (FOR UPDATE|LOCK IN SHARE MODE)( SKIP LOCKED)?\Z", re.DOTALL)
COST_OF_A_ROW = 1000  # microseconds; by default it is a few hundredths of one
CODE_WITHOUT_INDEX = 1175  # MariaDB cannot run a statement by an index, as it must


def run(act: Callable[[], _Result], using: str) -> _Result:
    """Do something in a transaction, and again if the database ends it.

    A database ends a transaction for a deadlock, or for an object that was deleted meanwhile. A
    lock that was not free in time is not tried again. Inside a transaction of the caller nothing
    is tried again: the caller must.
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
        except IntegrityError:
            continue
        except OperationalError as error:
            if code_of(error) not in CODES_TO_RETRY:
                raise
    with transaction.atomic(using=using):
        return act()


def code_of(error: DatabaseError) -> Any:
    """Return the database's code of an error: SQLSTATE, or the number of MariaDB or SQLite."""
    cause = error.__cause__
    if cause and cause.args and isinstance(cause.args[0], int):
        return cause.args[0]  # MariaDB
    names = ("sqlstate", "pgcode", "sqlite_errorcode")  # pgcode: psycopg 2
    return next((getattr(cause, name) for name in names if hasattr(cause, name)), None)


@contextmanager
def by_index(using: str) -> Iterator[None]:
    """Let MariaDB find the rows that it deletes, updates or locks in the block by an index.

    So it locks no other rows. It would read all rows of a small table, and wait for those that
    others have locked. PostgreSQL locks only the rows that it finds.
    """
    connection = connections[using]
    if connection.vendor != "mysql":
        yield
        return
    with connection.execute_wrapper(_by_index):
        yield


def _by_index(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if LOCKS.search(sql) and context["connection"].mysql_version >= (11, 0):
        # Until 11.0 the optimizer read keys by an index; since then it compares what rows cost.
        sql = f"SET STATEMENT optimizer_where_cost={COST_OF_A_ROW} FOR {sql}"
    elif sql.startswith(("DELETE FROM ", "UPDATE ")):
        try:
            # With this setting the optimizer takes an index wherever there is one.
            return execute(f"SET STATEMENT sql_safe_updates=1 FOR {sql}", params, many, context)
        except OperationalError as error:
            if code_of(error) != CODE_WITHOUT_INDEX:
                raise
    return execute(sql, params, many, context)


def keep(rows: QuerySet[Any], using: str) -> list[Any]:
    """Lock rows so that nobody deletes them before the transaction ends; return their keys.

    They are locked in the order of their keys. Others may lock them in the same way: only who
    deletes them must wait.
    """
    found: Any = rows.using(using).order_by("pk").values_list("pk")
    try:
        sql, params = found.query.get_compiler(using).as_sql()
    except EmptyResultSet:
        return []
    with by_index(using), connections[using].cursor() as cursor:
        cursor.execute(sql + LOCK_KEYS.get(connections[using].vendor, ""), params)
        return [rows.model._meta.pk.to_python(key) for (key,) in cursor.fetchall()]


def lock(rows: QuerySet[Any]) -> None:
    """Lock rows in the order of their keys before they are deleted: nobody waits in a circle.

    ``DELETE`` locks them in the order in which it finds them, and MariaDB even before it sorts.
    """
    if connections[rows.db].features.has_select_for_update:
        keys = rows.order_by("pk").values_list("pk", flat=True).iterator(CHUNK)
        every = rows.model._base_manager.using(rows.db).order_by("pk").values_list("pk")
        while some := list(islice(keys, CHUNK)):
            with by_index(rows.db):
                list(every.filter(pk__in=some).select_for_update())
