from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from stream.notifications.digest import send_digests


class Command(BaseCommand):
    help = "Mail to each user what is unread since the last digest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site-url", default="", help="Such as https://example.com.")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        sent, failed = send_digests(site_url=options["site_url"], using=options["database"])
        if failed:
            raise CommandError(f"Digests sent: {sent}; failed: {failed}.")
        if options["verbosity"]:
            self.stdout.write(f"Digests sent: {sent}.")
