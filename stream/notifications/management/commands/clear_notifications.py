from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from stream.notifications.retention import STATES, clear_notifications


class Command(BaseCommand):
    help = "Delete old notifications, in chunks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=float, default=90, help="Older than this; default 90.")
        parser.add_argument("--only", default="", choices=STATES, help="Only those in this state.")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = clear_notifications(
                options["days"], only=options["only"], using=options["database"]
            )
        except (ValueError, OverflowError) as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.stdout.write(f"Notifications deleted: {count}.")
