"""Notifications by e-mail: at once, or in digests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from smtplib import SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from stream.arc.names import one_line
from stream.jobs.models import GiveUpError
from stream.notifications.channels.base import Channel
from stream.notifications.kinds import ALL, Frequency
from stream.notifications.people import language_of, time_zone_of
from stream.notifications.site import address, check_site, site_name, site_url, unsubscribe_url

if TYPE_CHECKING:
    from stream.notifications.deliveries import Delivery
    from stream.notifications.models import Notification


class EmailChannel(Channel):
    """Mails what is new, in text and HTML, in the language and the time zone of the user.

    The templates are ``subject.txt``, ``body.txt`` and ``body.html`` in
    ``stream/notifications/mail/``. Each mail can be ended by one click, without signing in.
    """

    label = _("E-mail")
    frequencies = tuple(Frequency)
    frequency = Frequency.DAILY

    folder = "stream/notifications/mail"
    from_email: str | None = None  # by default DEFAULT_FROM_EMAIL

    def reach(self, notifications: Any) -> Any:
        users = get_user_model()
        email = users.get_email_field_name()
        if not any(field.name == email for field in users._meta.fields):
            return notifications.none()
        name = f"recipient__{email}"
        return super().reach(notifications).exclude(**{name: ""}).exclude(**{name: None})

    def send(self, delivery: Delivery, notification: Notification) -> None:
        self._send(self.message(delivery, [notification], 1))

    def send_digest(
        self, delivery: Delivery, notifications: Sequence[Notification], count: int
    ) -> None:
        self._send(self.message(delivery, notifications, count))

    def _send(self, message: EmailMultiAlternatives) -> None:
        try:
            message.send()
        except SMTPRecipientsRefused as error:
            if all(code >= 500 for code, _said in error.recipients.values()):
                raise GiveUpError(f"the address is refused: {error}") from error
            raise

    def message(
        self, delivery: Delivery, notifications: Sequence[Notification], count: int
    ) -> EmailMultiAlternatives:
        """Return the mail of some of ``count`` notifications."""
        user: Any = delivery.recipient
        kind = notifications[0].kind if delivery.notification_id else ALL
        url = unsubscribe_url(user.pk, self.name, kind)
        with translation.override(language_of(user)), timezone.override(time_zone_of(user)):
            context = {
                "user": user,
                "frequency": delivery.frequency,
                "notifications": [self.line(each) for each in notifications],
                "count": count,
                "more": count - len(notifications),
                "site_name": site_name(),
                "site_url": site_url(),
                "notifications_url": address("list"),
                "preferences_url": address("preferences"),
                "unsubscribe_url": url,
            }
            subject = render_to_string(f"{self.folder}/subject.txt", context)
            message = EmailMultiAlternatives(
                one_line(" ".join(subject.split())),
                render_to_string(f"{self.folder}/body.txt", context),
                self.from_email,
                to=[getattr(user, user.get_email_field_name())],
                headers={
                    "List-Unsubscribe": f"<{url}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    "Auto-Submitted": "auto-generated",
                },
            )
            html = render_to_string(f"{self.folder}/body.html", context)
            message.attach_alternative(html, "text/html")
        return message

    def line(self, notification: Notification) -> dict[str, Any]:
        """Return what a mail says of a notification: one line of text, and why."""
        return {
            "text": one_line(notification.action.get_sentence()),
            "reason": notification.reason,
            "url": address("open", notification.pk),
            "datetime": notification.datetime,
            "level_name": notification.level_name,
            "notification": notification,
        }

    def check(self) -> Iterator[CheckMessage]:
        yield from check_site(f"The channel {self.name!r}")
