"""Take over the notifications of django-notifications-hq."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from stream.moving.activity_stream import ACTIONS, actions_of
from stream.moving.commands import MovingCommand
from stream.moving.moves import KEEP, Move
from stream.moving.old_tables import OldTable
from stream.moving.running import Run
from stream.moving.verifying import Verification
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
        parser.add_argument(
            "--actions",
            default=ACTIONS,
            metavar="TABLE",
            help=f"the old actions, which come first; {ACTIONS} by default",
        )
        parser.add_argument(
            "--without-actions",
            action="store_true",
            help="do not ask whether the old actions have come: each notification that says the "
            "same as one that has not becomes a message",
        )

    def find_moves(self, options: dict[str, Any]) -> list[Move]:
        using, name = options["database"], options["notifications"]
        table = OldTable.find(name, using)
        if table is None:
            raise CommandError(
                f"the database '{using}' has no {name}; pass --database or --notifications"
            )
        self.old_actions = OldTable.find(options["actions"], using)
        return [notifications_of(table, options["up_to"])]

    def check_first(self, options: dict[str, Any]) -> None:
        """Raise CommandError where old actions have not come, of which notifications are."""
        table = self.old_actions
        if table is None or options["without_actions"]:
            return
        if left := Run(actions_of(table), options["batch"], is_kept=False).left():
            raise CommandError(
                f"{table.name}: {left} actions have not come, and notifications of them would "
                "become messages, which their recipients alone see. Run manage.py "
                "import_actstream --run first; or pass --without-actions if they are to stay there."
            )

    def make_run(self, move: Any, batch: int, **how: Any) -> Run:
        run = NotificationsRun(move, batch, **how)
        if table := self.old_actions:
            highest = f"SELECT MAX({move.quote('id')}) FROM {move.quote(table.name)}"
            run.last_action = move.number(highest)
        return run

    def make_verification(self, move: Any) -> Verification:
        return NotificationsVerification(move)
