"""Carrying notifications over, by the action that they are of or by a message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.models import F

from stream.arc.models import ArcQuerySet
from stream.chunks import chunks
from stream.groups.keys import GroupBy
from stream.models import Action
from stream.moving.running import Run
from stream.notifications.grouping import group_by, group_of
from stream.notifications.models import Notification
from stream.notifications.moving.inboxes import keep_badges, skip_digests
from stream.notifications.moving.move import NotificationsMove
from stream.notifications.moving.near import find_near
from stream.notifications.query import KEYS_PER_STATEMENT, InKeys

ROWS_PER_STATEMENT = 5000  # of three numbers
MESSAGES_IN_MEMORY = 10_000
MESSAGES_PER_STATEMENT = 5000  # each joins the tables of all objects
KEYS_OF_OTHERS = 10_000  # that the site may be writing just now


class OldNotification(NamedTuple):
    """What a batch needs of an old row; the values are as the database gives them."""

    id: int
    recipient: Any
    match: int | None
    says: tuple[Any, ...]  # what is equal in all that have one message


class NotificationsRun(Run):
    """Carries notifications over: by the action that they are of, or by a message."""

    offset = 0  # between the keys of old notifications and those of messages
    last_action = 0  # the highest key of old actions, which may come later

    def __init__(self, move: NotificationsMove, batch: int, **how: Any) -> None:
        super().__init__(move, batch, **how)
        self.notifications = move
        # The messages of the latest batches: their keys, and who has them.
        self.messages: OrderedDict[tuple[Any, ...], tuple[int, set[Any]]] = OrderedDict()

    def prepare(self) -> None:
        super().prepare()
        move = self.move
        self.offset = max(move.engine.highest(Action), self.last_action) + KEYS_OF_OTHERS
        move.engine.reserve(Action, self.offset + self.last())
        keep_badges(move)
        skip_digests(move, self.last())

    def insert(self, above: int, up_to: int) -> int:
        with transaction.atomic(using=self.move.using):
            rows = self.read(above, up_to)
            actions, new = self.choose(rows)
            self.write_messages(new)
            groups = self.groups_of(set(actions))
            pairs = zip(rows, actions, strict=True)
            self.write([(row.id, action, groups[action]) for row, action in pairs])
        return len(rows)

    def read(self, above: int, up_to: int) -> list[OldNotification]:
        move, key = self.notifications, self.key
        says = [
            *move.arc_values().values(),
            move.old("verb"),
            move.description,
            move.engine.text(move.data(self.is_kept)),
            move.engine.text(move.old("timestamp")),  # to make times of texts takes longer
        ]
        columns = ", ".join([key, move.old("recipient_id"), move.match(), *says])
        rows = move.fetch(
            f"{move.engine.select_in_order} {columns} FROM {move.source}{move.joins()} "
            f"WHERE {key} > {above:d} AND {key} <= {up_to:d} AND {move.can_come(self.is_kept)}"
            f"{self.not_there(above, up_to)} ORDER BY {key}"
        )
        found = [OldNotification(row[0], row[1], row[2], row[3:]) for row in rows]
        return found if move.engine.has_ranges_by_row else self.with_near(found)

    def with_near(self, rows: list[OldNotification]) -> list[OldNotification]:
        """Return the rows with the actions of within a second, where none has their time."""
        near = iter(find_near(self.notifications, (row.says for row in rows if row.match == 0)))
        return [row._replace(match=next(near)) if row.match == 0 else row for row in rows]

    def choose(self, rows: list[OldNotification]) -> tuple[list[int], list[int]]:
        """Return the actions of these rows, and the rows of which messages are to be made.

        A recipient has an action once: who was told twice has a message of the second time.
        """
        matches = {row.match for row in rows if row.match is not None}
        taken = self.delivered(matches)
        actions, new = [], []
        for row in rows:
            if row.match is not None and (row.match, row.recipient) not in taken:
                taken.add((row.match, row.recipient))
                actions.append(row.match)
                continue
            key, recipients = self.messages.get(row.says, (0, {row.recipient}))
            if row.recipient in recipients:
                key, recipients = self.offset + row.id, set()
                self.messages[row.says] = key, recipients
                new.append(row.id)
            recipients.add(row.recipient)
            actions.append(key)
        while len(self.messages) > MESSAGES_IN_MEMORY:
            self.messages.popitem(last=False)
        return actions, new

    def delivered(self, actions: Collection[int]) -> set[tuple[int, Any]]:
        """Return which of these actions have been delivered to whom."""
        move, found = self.move, set[tuple[int, Any]]()
        table = move.quote(Notification._meta.db_table)
        for some in chunks(actions, KEYS_PER_STATEMENT):
            keys = ", ".join(map(str, some))
            sql = f"SELECT action_id, recipient_id FROM {table} WHERE action_id IN ({keys})"
            found.update((row[0], row[1]) for row in move.fetch(sql))
        return found

    def write_messages(self, keys: list[int]) -> None:
        """Write the messages that some old notifications say, under keys of their own."""
        move = self.notifications
        values = {**move.values(self.is_kept), **move.arc_values()}
        columns = ", ".join(map(move.quote, ["id", *values]))
        chosen = ", ".join([f"{self.key} + {self.offset:d}", *values.values()])
        for some in chunks(keys, MESSAGES_PER_STATEMENT):
            with connections[move.using].cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {move.quote(Action._meta.db_table)} ({columns}) "
                    f"{move.engine.select_in_order} {chosen} FROM {move.source}{move.joins()} "
                    f"WHERE {self.key} IN ({', '.join(map(str, some))})"
                )

    def groups_of(self, actions: Collection[int]) -> dict[int, int]:
        """Return the groups of actions, as new notifications of them would have them."""
        found: Any = ArcQuerySet(Action, using=self.move.using)
        how = group_by()
        if isinstance(how, GroupBy) and not how.has_function:
            found = found.defer("data", "description", "public")
        return {
            action.pk: group_of(action)
            for some in chunks(actions, KEYS_PER_STATEMENT)
            for action in found.filter(InKeys(F("pk"), some))
        }

    def write(self, rows: list[tuple[int, int, int]]) -> None:
        """Write notifications by their keys, actions and groups: the old table has the rest.

        It goes past everything that tells channels of new ones.
        """
        move = self.notifications
        values = {
            "id": self.key,
            "recipient_id": move.old("recipient_id"),
            "action_id": "chosen.action",
            "group": "chosen.grouped",
            "datetime": move.old("timestamp"),
            **move.states(),
            "kind": "''",
            "level": move.level,
        }
        begin = f"INSERT INTO {move.quote(Notification._meta.db_table)} "
        begin += f"({', '.join(map(move.quote, values))}) WITH chosen (id, action, grouped) AS "
        end = f"SELECT {', '.join(values.values())} FROM "
        end += move.engine.looked_up("chosen", move.source, f"{self.key} = chosen.id")
        with connections[move.using].cursor() as cursor:
            for some in chunks(rows, ROWS_PER_STATEMENT):
                lines = ", ".join(
                    f"({key:d}, {action:d}, {group:d})" for key, action, group in some
                )
                cursor.execute(f"{begin} (VALUES {lines}) {end}")
