"""The actions and follows of django-activity-stream."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from stream.following import find_follow_model
from stream.models import Action
from stream.moving.moves import Move
from stream.moving.old_tables import OldTable
from stream.moving.roles import Role

ACTIONS, FOLLOWS = "actstream_action", "actstream_follow"


class ActionsMove(Move):
    """Actions keep their keys, times and texts; what is gone of them is noted in their data."""

    name = "actions"
    time_column = "timestamp"
    word_column = ("verb", "verb")

    def values(self, is_kept: bool) -> dict[str, str]:
        data, columns = self.engine.empty_object, self.table.columns
        if "data" in columns:
            data = self.engine.json_object(self.old("data"), columns["data"])
        if is_kept and self.orphans:
            orphan = " OR ".join(map(self.is_orphan, self.roles))
            noted = self.engine.with_names(f"({data})", "orphans", self.orphan_names())
            data = f"CASE WHEN {orphan} THEN {noted} ELSE {data} END"
        return {
            "id": self.old("id"),
            "datetime": self.old("timestamp"),
            "verb": self.old("verb"),
            "description": f"COALESCE({self.old('description')}, '')",
            "data": data,
            "public": self.old("public"),
        }

    def same(self) -> str:
        texts = {"verb": self.old("verb"), "description": self.values(False)["description"]}
        equal = [f"{self.new(name)} = {self.engine.exact(old)}" for name, old in texts.items()]
        equal += [
            f"{self.new('datetime')} = {self.old('timestamp')}",
            f"{self.new('public')} = {self.old('public')}",
            self.is_no_message,
        ]
        return " AND ".join(equal)

    @property
    def is_no_message(self) -> str:
        """The condition that a new row is no message, which is seen by its recipients alone."""
        return f"{self.new('is_message')} IS NULL"

    @cached_property
    def has_twins(self) -> bool:
        """Whether the site has written actions itself, perhaps beside those of the old package."""
        last = self.number(f"SELECT MAX({self.old('id')}) FROM {self.source}")
        return self.engine.highest(self.model) > last

    def twins(self) -> list[str]:
        if not self.has_twins:
            return []
        verb, actor = self.engine.exact(self.old("verb")), self.roles[0]
        table, key = self.quote(self.table.name), self.quote("id")
        is_new = (
            f"{self.new('id')} <> {self.old('id')} "
            f"AND NOT EXISTS (SELECT 1 FROM {table} p WHERE p.{key} = {self.new('id')})"
        )
        return [
            f"{self.new('datetime')} = {self.old('timestamp')} AND {self.new('verb')} = {verb} "
            f"AND {self.is_no_message} AND {self.new(pair.column)} = {pair.key} AND {is_new}"
            for pair in self.pairs_of(actor)
        ]


class FollowsMove(Move):
    """Follows keep their keys, times, flags and reach."""

    name = "follows"
    time_column = "started"
    word_column = ("flag", "flag")
    on_conflict = True

    def flag(self) -> str:
        return self.old("flag") if "flag" in self.table.columns else "''"

    def values(self, is_kept: bool) -> dict[str, str]:
        return {
            "id": self.old("id"),
            "datetime": self.old("started"),
            "flag": self.flag(),
            "actor_only": self.old("actor_only"),
        }

    def same(self) -> str:
        names = {"datetime": "started", "actor_only": "actor_only", "user_id": "user_id"}
        equal = [f"{self.new(new)} = {self.old(old)}" for new, old in names.items()]
        return " AND ".join([*equal, f"{self.new('flag')} = {self.engine.exact(self.flag())}"])

    def twins(self) -> list[str]:
        return [
            f"{self.new('user_id')} = {self.old('user_id')} "
            f"AND {self.new('flag')} = {self.engine.exact(self.flag())} "
            f"AND {self.new(pair.column)} = {pair.key} AND {self.new('id')} <> {self.old('id')}"
            for pair in self.pairs
            if pair.role.arc
        ]

    @property
    def impossible(self) -> dict[str, str]:
        if "flag" not in self.table.columns:
            return {}
        length = self.model._meta.get_field("flag").max_length
        return {"flag": f"{self.engine.length(self.old('flag'))} > {length}"}


def actions_of(table: OldTable, up_to: int | None = None) -> ActionsMove:
    """Return the move of a table of actions."""
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
    ]
    return ActionsMove(Action, table, roles, up_to)


def follows_of(table: OldTable, up_to: int | None = None) -> FollowsMove | None:
    """Return the move of a table of follows; None where the app ``follow`` is not installed."""
    follow: Any = find_follow_model()
    if follow is None:
        return None
    target = Role("target", "object_id", "content_type_id", follow.target, is_required=True)
    return FollowsMove(follow, table, [Role("user", "user_id", is_required=True), target], up_to)
