"""Old notifications on their way: what they say, and which action says the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from stream.models import Action
from stream.moving.moves import Move
from stream.moving.old_tables import OldTable
from stream.moving.roles import NEW, Pair, Role
from stream.notifications.levels import Level
from stream.notifications.models import Notification

NOTIFICATIONS = "notifications_notification"
KNOWN = {"id", "verb", "description", "timestamp", "public", "level", "unread", "deleted"}
KNOWN |= {"emailed", "data"}


class NotificationsMove(Move):
    """Notifications keep their keys, times and states; what they say becomes an action."""

    name: ClassVar[str] = "notifications"
    time_column = "timestamp"
    word_column = ("verb", "verb")

    @cached_property
    def own_columns(self) -> list[str]:
        """The columns that a site has added to ``AbstractNotification``."""
        known = KNOWN | {role.key_column for role in self.roles}
        return sorted(self.table.columns.keys() - known - {r.type_column for r in self.roles})

    def column(self, name: str, default: str) -> str:
        """Return an old column, or a constant where the table has none of the name."""
        return self.old(name) if name in self.table.columns else default

    @property
    def description(self) -> str:
        return f"COALESCE({self.old('description')}, '')"

    def data(self, is_kept: bool) -> str:
        """Return the data of a message: the old, own columns, and the names of what is gone."""
        data, columns = self.engine.empty_object, self.table.columns
        if "data" in columns:
            data = f"({self.engine.json_object(self.old('data'), columns['data'])})"
        if own := {name: self.old(name) for name in self.own_columns}:
            data = f"({self.engine.with_values(data, own)})"
        if is_kept and any(each.role != "recipient" for each in self.orphans):
            orphan = " OR ".join(self.is_orphan(role) for role in self.roles if role.arc)
            noted = self.engine.with_names(data, "orphans", self.orphan_names())
            data = f"CASE WHEN {orphan} THEN {noted} ELSE {data} END"
        return data

    def values(self, is_kept: bool) -> dict[str, str]:
        """Return what comes into the columns of a message, the action of some notifications."""
        return {
            "datetime": self.old("timestamp"),
            "verb": self.old("verb"),
            "description": self.description,
            "data": self.data(is_kept),
            "public": "FALSE",
            "is_message": "TRUE",
        }

    def same(self) -> str:
        return (
            f"{self.new('recipient_id')} = {self.old('recipient_id')} "
            f"AND {self.new('datetime')} = {self.old('timestamp')}"
        )

    def twins(self) -> list[str]:
        return []

    def others(self) -> list[str]:
        return []  # they come into the data

    def arc_values(self) -> dict[str, str]:
        values = self.column_values()
        del values["recipient_id"]
        return values

    @property
    def is_unread(self) -> str:
        """The condition that a notification is on the badge."""
        return f"{self.old('unread')} AND NOT {self.column('deleted', 'FALSE')}"

    def states(self) -> dict[str, str]:
        """Return what comes into the columns of a notification's states."""
        read_at = f"CASE WHEN {self.is_unread} THEN NULL ELSE {self.old('timestamp')} END"
        return {  # nobody has noted when
            "seen_at": read_at,
            "read_at": read_at,
            "archived": f"CASE WHEN {self.column('deleted', 'FALSE')} THEN 1 ELSE 0 END",
        }

    @property
    def level(self) -> str:
        levels = " ".join(f"WHEN '{level.name.lower()}' THEN {level.value:d}" for level in Level)
        name = self.engine.exact(self.column("level", "'info'"))
        return f"CASE {name} {levels} ELSE {Level.INFO.value:d} END"

    def match(self) -> str:
        """Return the key of an action that came or was sent, and says the same; else NULL.

        It has the same actor, verb, target and object, within a second. A notification that says
        more, by its description, data or own columns, keeps that in a message.
        """
        says_more = [
            f"{self.description} <> ''",
            *(f"{self.old(name)} IS NOT NULL" for name in self.own_columns),
        ]
        if "data" in self.table.columns:
            data = self.engine.json_object(self.old("data"), self.table.columns["data"])
            says_more.append(f"({data}) <> {self.engine.empty_object}")
        actor, *others = (role for role in self.roles if role.arc)
        nothing = [*says_more, *(self.is_orphan(role) for role in others)]
        cases = [
            f"WHEN {pair.key} IS NOT NULL THEN {self._match_of(pair, others)}"
            for pair in self.pairs_of(actor)
        ]
        return f"CASE WHEN {' OR '.join(nothing)} THEN NULL {' '.join(cases)} END"

    def _match_of(self, actor: Pair, others: Sequence[Role]) -> str:
        """Return a SELECT of the action of the same time, or else of one within a second.

        It reads the index of the actor's column.
        """
        values, engine = self.column_values(), self.engine
        field = Action.actor.by_column(actor.column)
        index = next(each.name for each in Action._meta.indexes if each.fields[0] == field.name)
        before, after = engine.seconds_around(self.old("timestamp"))
        when = self.new("datetime")
        conditions = [
            f"{self.new(actor.column)} = {actor.key}",
            f"{self.new('verb')} = {engine.exact(self.old('verb'))}",
            f"{self.new('is_message')} IS NULL",
        ]
        for role in others:
            occurring = {pair.column for pair in self.pairs_of(role)}
            for each in role.arc.fields if role.arc else ():
                column = self.new(each.column)
                if each.column in occurring:
                    conditions.append(engine.is_same(column, values[each.column]))
                else:
                    conditions.append(f"{column} IS NULL")
        table = f"{self.quote(Action._meta.db_table)} {NEW}{engine.by_index(index)}"
        select = f"SELECT {self.new('id')} FROM {table} WHERE {' AND '.join(conditions)} AND {when}"
        times = (f" = {self.old('timestamp')}", f" BETWEEN {before} AND {after}")
        first = f"ORDER BY {when}, {self.new('id')} LIMIT 1"
        return f"COALESCE({', '.join(f'({select}{each} {first})' for each in times)})"


def notifications_of(table: OldTable, up_to: int | None = None) -> NotificationsMove:
    """Return the move of a table of notifications."""
    arcs = Action.arcs
    roles = [
        Role("actor", "actor_object_id", "actor_content_type_id", arcs["actor"], True, True),
        Role("target", "target_object_id", "target_content_type_id", arcs["target"]),
        Role(
            "action_object",
            "action_object_object_id",
            "action_object_content_type_id",
            arcs["action_object"],
        ),
        Role("recipient", "recipient_id", is_required=True),
    ]
    return NotificationsMove(Notification, table, roles, up_to)
