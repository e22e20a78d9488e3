"""Old notifications on their way: what they say, and which action says the same."""

from __future__ import annotations

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
        more, by its description, data or own columns, keeps that in a message. Where the database
        cannot look for what is near, a row for which ``find_near`` has to has 0.
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
            f"WHEN {pair.key} IS NOT NULL THEN {self._match_of(pair)}"
            for pair in self.pairs_of(actor)
        ]
        return f"CASE WHEN {' OR '.join(nothing)} THEN NULL {' '.join(cases)} END"

    def _match_of(self, actor: Pair) -> str:
        """Return a SELECT of the action of the same time, or else of one within a second."""
        values, engine = self.column_values(), self.engine
        before, after = engine.seconds_around(self.old("timestamp"))
        when = self.new("datetime")
        conditions = [
            f"{self.new(actor.column)} = {actor.key}",
            f"{self.new('verb')} = {engine.exact(self.old('verb'))}",
            *self.is_plain(),
        ]
        for pair in self.pairs:
            if pair.role.arc and pair.role is not actor.role:
                same = engine.is_same(self.new(pair.column), values[pair.column])
                conditions += [same] if same not in conditions else []
        select = f"SELECT {self.new('id')} FROM {self.actions_of(actor.column)} "
        select += f"WHERE {' AND '.join(conditions)} AND {when}"
        first = f"ORDER BY {when}, {self.new('id')} LIMIT 1"
        same_time = f"({select} = {self.old('timestamp')} {first})"
        if not engine.has_ranges_by_row:
            return f"COALESCE({same_time}, 0)"
        return f"COALESCE({same_time}, ({select} BETWEEN {before} AND {after} {first}))"

    def actions_of(self, column: str) -> str:
        """Return the table of actions, to be read by the index of an actor's column."""
        field = Action.actor.by_column(column)
        index = next(each.name for each in Action._meta.indexes if each.fields[0] == field.name)
        return f"{self.quote(Action._meta.db_table)} {NEW}{self.engine.by_index(index)}"

    def is_plain(self) -> list[str]:
        """Return the conditions that an action is no message, and has no object of other models."""
        occurring, roles = self.arc_values(), (role.arc for role in self.roles[1:] if role.arc)
        others = (field.column for arc in roles for field in arc.fields)
        empty = [f"{self.new(name)} IS NULL" for name in others if name not in occurring]
        return [f"{self.new('is_message')} IS NULL", *empty]


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
