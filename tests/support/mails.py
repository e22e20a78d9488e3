"""The channel e-mail in tests."""

import datetime as dt
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from stream.notifications.digests import send_digests
from stream.notifications.models import Notification

MAIL = "stream.notifications.channels.EmailChannel"


@contextmanager
def mails(frequency="daily", **options):
    """Turn e-mail on."""
    channel = {"BACKEND": MAIL, "FREQUENCY": frequency, "OPTIONS": options}
    with override_settings(
        STREAM_CHANNELS={"email": channel}, STREAM_SITE_URL="https://example.com"
    ):
        yield


def wait_a_week():
    """Let all notifications be old enough for a digest."""
    Notification.objects.update(datetime=timezone.now() - dt.timedelta(days=8))


def digest_of(user, frequency="daily"):
    """Return the digest that a user gets now; None if there is none."""
    wait_a_week()
    User.objects.filter(pk=user.pk, email="").update(email=f"user{user.pk}@example.com")
    address, count = User.objects.get(pk=user.pk).email, len(mail.outbox)
    with mails(frequency):
        send_digests()
    found = [each for each in mail.outbox[count:] if each.to == [address]]
    return found[0] if found else None
