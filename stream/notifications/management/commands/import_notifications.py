"""Take over the notifications of django-notifications-hq."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from stream.moving.commands import MovingCommand
from stream.moving.moves import KEEP, Move
from stream.moving.old_tables import OldTable
from stream.moving.running import Run
from stream.moving.verifying import Comparison
from stream.notifications.moving.move import NOTIFICATIONS, notifications_of
from stream.notifications.moving.running import NotificationsRun
from stream.notifications.moving.verifying import NotificationsVerification


class Command(MovingCommand):
    help = (
        "Take over the notifications of django-notifications-hq, which need not be installed. "
        "Run import_actstream first, if there are actions. Without --run it says what would come."
    )
    orphans = KEEP  # what a notification says stays, if only as a message
    has_timelines = False  # messages are in no stream

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--notifications", default=NOTIFICATIONS, metavar="TABLE")

    def find_moves(self, options: dict[str, Any]) -> list[Move]:
        using, name = options["database"], options["notifications"]
        table = OldTable.find(name, using)
        if table is None:
            raise CommandError(
                f"the database '{using}' has no {name}; pass --database or --notifications"
            )
        return [notifications_of(table, options["up_to"])]

    def make_run(self, move: Any, batch: int, **how: Any) -> Run:
        return NotificationsRun(move, batch, **how)

    def make_verification(self, move: Any) -> Iterable[Comparison]:
        return NotificationsVerification(move)
