"""Take over the actions and follows of django-activity-stream."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from stream.moving.activity_stream import ACTIONS, FOLLOWS, actions_of, follows_of
from stream.moving.commands import MovingCommand
from stream.moving.moves import Move
from stream.moving.old_tables import OldTable


class Command(MovingCommand):
    help = (
        "Take over the actions and follows of django-activity-stream, which need not be installed. "
        "Without --run it says what would come."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--actions", default=ACTIONS, metavar="TABLE")
        parser.add_argument("--follows", default=FOLLOWS, metavar="TABLE")

    def find_moves(self, options: dict[str, Any]) -> list[Move]:
        using, moves = options["database"], list[Move]()
        if table := OldTable.find(options["actions"], using):
            moves.append(actions_of(table, options["up_to"]))
        if table := OldTable.find(options["follows"], using):
            if follows := follows_of(table):
                moves.append(follows)
            else:
                self.stderr.write(f"{table.name}: 'follow' is not in INSTALLED_APPS, it stays.")
        if not moves:
            raise CommandError(
                f"the database '{using}' has neither {options['actions']} nor "
                f"{options['follows']}; pass --database, --actions or --follows"
            )
        return moves
