import base64
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stream.notifications.channels.push import public_key_of

LINES = """\
STREAM_CHANNELS = {{
    "push": {{
        "BACKEND": "stream.notifications.channels.WebPushChannel",
        "OPTIONS": {{
            "private_key": "{private}",
            "subject": "mailto:admin@example.com",
        }},
    }},
}}"""


class Command(BaseCommand):
    help = "Make keys for web push, and print the lines of the setting. Nothing is kept."
    requires_system_checks = []  # one of them says to call this

    def handle(self, *args: Any, **options: Any) -> None:
        if not find_spec("pywebpush"):
            raise CommandError("This needs pywebpush. Run: pip install 'django-stream[push]'")
        from py_vapid import Vapid

        vapid = Vapid()
        vapid.generate_keys()
        raw = vapid.private_key.private_numbers().private_value.to_bytes(32, "big")
        private = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        self.stdout.write(LINES.format(private=private))
        if options["verbosity"]:
            self.stderr.write(
                f"The public key is {public_key_of(vapid)}. Keep the private key secret, and keep "
                f"it: with another, everybody has to subscribe anew."
            )
