from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from stream.notifications.channels.conf import channels
from stream.notifications.digests import send_digests


class Command(BaseCommand):
    help = "Send the digests that are due, daily or weekly. Let cron call it every hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        if not any(each.digests for each in channels().values()):
            raise CommandError(
                "No channel has digests: write STREAM_CHANNELS = "
                "{'email': 'stream.notifications.channels.EmailChannel'}."
            )
        sent, failed = send_digests(using=options["database"])
        if failed:
            raise CommandError(f"Digests sent: {sent}; failed: {failed}.")
        if options["verbosity"]:
            self.stdout.write(f"Digests sent: {sent}.")
