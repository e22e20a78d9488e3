"""Comparing notifications, their states, and what their actions say."""

from __future__ import annotations

from collections.abc import Iterator

from stream.models import Action
from stream.moving.verifying import Comparison, Verification
from stream.notifications.moving.move import NotificationsMove


class NotificationsVerification(Verification):
    """Compares notifications, and what their actions say."""

    move: NotificationsMove

    def __iter__(self) -> Iterator[Comparison]:
        yield from super().__iter__()
        yield from self._compare_states()

    @property
    def here(self) -> str:
        action = f"{self.move.quote(Action._meta.db_table)} a"
        joined = f" JOIN {action} ON a.id = {self.move.new('action_id')} WHERE "
        return super().here.replace(" WHERE ", joined, 1)

    def column(self, name: str) -> str:
        if name == "recipient_id":
            return super().column(name)
        return f"a.{self.move.quote(name)}"

    def _compare_states(self) -> Iterator[Comparison]:
        """Compare what is on the badges, and what is put away."""
        move = self.move
        states = {
            "unread": (move.is_unread, f"{move.new('read_at')} IS NULL"),
            "archived": (move.column("deleted", "FALSE"), f"{move.new('archived')} = 1"),
        }
        for what, (old, new) in states.items():
            there = self._sums_of(move.old("id"), old)
            here = self._sums_of(move.new("id"), new)
            [there_found] = move.fetch(f"SELECT {there} {self.there}")
            [here_found] = move.fetch(f"SELECT {here} {self.here}")
            yield Comparison(f"{what} {move.name}", there_found[0], here_found[0])
            yield Comparison(f"checksum of those {what}", there_found[1], here_found[1])

    def _sums_of(self, key: str, condition: str) -> str:
        engine = self.move.engine
        chosen = f"CASE WHEN {condition} THEN {engine.text(key)} END"
        return f"COUNT({chosen}), {engine.checksum(chosen)}"
