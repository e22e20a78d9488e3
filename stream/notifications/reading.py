"""Reading a recipient's notifications and their actions in one statement."""

from __future__ import annotations

from typing import Any

from django.db import connections

from stream.arc.deferred import load_together
from stream.arc.reading import ArcReader
from stream.models import Action
from stream.notifications.inbox import Inbox
from stream.notifications.models import Notification

ACTION: Any = Notification._meta.get_field("action")
RECIPIENT: Any = Notification._meta.get_field("recipient")
LEFT_OUT = frozenset({"data"})  # until it is asked for
KINDS = {"read": ("read",), "seen": ("seen", "read")}  # what is read is also seen
GREATEST = {"sqlite": "MAX"} | dict.fromkeys(("postgresql", "mysql"), "GREATEST")

OPERATORS = {
    "": "= %s",
    "gt": "> %s",
    "gte": ">= %s",
    "lt": "< %s",
    "lte": "<= %s",
    "isnull": "IS NULL",
}  # of Django's lookups


def count_new(kind: str, recipient: Any, using: str, limit: int | None) -> int:
    """Count what a user has not "read" or "seen", above the mark that the same query reads.

    Not further than a limit, if there is one. Django would need longer to compile the query than
    the database to count to 100.
    """
    connection = connections[using]
    quote: Any = connection.ops.quote_name
    rows, inbox = Notification._meta, Inbox._meta
    table, owner, key = map(quote, (rows.db_table, RECIPIENT.column, rows.pk.column))
    marks = ", ".join(quote(f"{each}_up_to") for each in KINDS[kind])
    mark = f"{GREATEST[connection.vendor]}({marks})" if len(KINDS[kind]) > 1 else marks
    above = f"SELECT {mark} FROM {quote(inbox.db_table)} WHERE {quote(inbox.pk.column)} = %s"
    unmarked = " ".join(f"AND {quote(f'{each}_at')} IS NULL" for each in KINDS[kind])
    sql = f"FROM {table} WHERE {key} > COALESCE(({above}), 0) {unmarked} AND {owner}"
    value = RECIPIENT.get_db_prep_value(recipient, connection)
    if limit is None:
        sql, params = f"SELECT COUNT(*) {sql} = %s", [value, value]
    else:  # a range, as in range_of
        some = f"SELECT 1 {sql} BETWEEN %s AND %s ORDER BY {owner} DESC, {key} DESC LIMIT %s"
        sql, params = f"SELECT COUNT(*) FROM ({some}) newest", [value, value, value, limit]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])


def read_rows(
    lookups: dict[str, Any], using: str, pk: int | None, newer: bool, limit: int
) -> list[Notification]:
    """Return the notifications that meet the lookups, beyond a key, with their actions.

    Newest first, or oldest first if newer ones are asked for. One query, which is not compiled by
    Django: that would take as long as the query. ``data`` of the actions is deferred.
    """
    one, other = ArcReader.of(Notification, using), ArcReader.of(Action, using, LEFT_OUT)
    conditions, params = [], []
    beyond = {} if pk is None else {"id__gt" if newer else "id__lt": pk}
    for lookup, value in (*lookups.items(), *beyond.items()):
        name, _, operator = lookup.partition("__")
        field: Any = Notification._meta.get_field(name)
        conditions.append(f"{one.column(field)} {OPERATORS[operator]}")
        if operator != "isnull":
            params.append(field.get_db_prep_value(value, connections[using]))
    way = "ASC" if newer else "DESC"
    sql = " ".join(
        [
            f"SELECT {one.names}, {other.names}",
            f"FROM {one.table} INNER JOIN {other.table} ON {other.key} = {one.column(ACTION)}",
            f"WHERE {' AND '.join(conditions)}",
            f"ORDER BY {one.column(RECIPIENT)} {way}, {one.key} {way} LIMIT %s",
        ]
    )
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [*params, limit])
        found = cursor.fetchall()
    width = len(one.columns)
    rows = one.instances([row[:width] for row in found])
    actions = other.instances([row[width:] for row in found])
    load_together(actions)
    for row, action in zip(rows, actions, strict=True):
        ACTION.set_cached_value(row, action)
    return rows
