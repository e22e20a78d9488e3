"""Digests by e-mail: an example of a channel, on what any site has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import DEFAULT_DB_ALIAS
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation

from stream.notifications.feed import NotificationFeed
from stream.notifications.models import Inbox

logger = logging.getLogger(__name__)

MOST = 20  # notifications of a mail


class Digests(NamedTuple):
    """How many mails were sent, and how many could not be."""

    sent: int
    failed: int


def send_digests(*, site_url: str = "", using: str = DEFAULT_DB_ALIAS) -> Digests:
    """Mail to each active user what is unread since the last digest; return how many.

    Users with an address and without ``inbox.digest = False`` take part. ``site_url``, such as
    "https://example.com", goes before the addresses in the mail. A user's ``language`` is that of
    the mail, where the user model has such a field. What was mailed is noted after each mail, so a
    run that was broken off goes on. A mail that is refused is logged, and tried again next time.
    """
    sent = failed = 0
    for inbox in _waiting(using):
        message = make_digest(inbox, site_url=site_url, using=using)
        if message:
            try:
                message.send()
            except (OSError, ValueError):  # by the server, or for an address or header like that
                logger.exception("the digest of user %r was not sent", inbox.pk)
                failed += 1
                continue
            sent += 1
        Inbox._base_manager.using(using).filter(pk=inbox.pk).update(digested_up_to=inbox.delivered)
    return Digests(sent, failed)


def make_digest(
    inbox: Inbox, *, site_url: str = "", using: str = DEFAULT_DB_ALIAS
) -> EmailMultiAlternatives | None:
    """Return the mail of an inbox, as text and HTML; None where there is nothing to say."""
    user: Any = inbox.user
    feed = NotificationFeed(user, unread=True, using=using)
    new = feed.visible.filter(number__gt=inbox.digested_up_to)
    rows, count = feed.load(list(new[:MOST])), new.count()
    if not rows:
        return None
    language = getattr(user, "language", None) or settings.LANGUAGE_CODE
    with translation.override(language):
        context = {
            "user": user,
            "notifications": rows,
            "count": count,
            "more": count - len(rows),
            "site_url": site_url.rstrip("/"),
        }
        folder = "stream/notifications"
        subject = render_to_string(f"{folder}/digest_subject.txt", context)
        message = EmailMultiAlternatives(
            " ".join(subject.split()),
            render_to_string(f"{folder}/digest.txt", context),
            to=[getattr(user, user.get_email_field_name())],
        )
        message.attach_alternative(render_to_string(f"{folder}/digest.html", context), "text/html")
    return message


def _waiting(using: str) -> Iterator[Inbox]:
    """Yield the inboxes with something unread since the last digest, a page in memory at a time."""
    waiting = Inbox._base_manager.using(using).filter(
        digest=True, unread__gt=0, delivered__gt=F("digested_up_to")
    )
    rows = waiting.select_related("user").order_by("pk")
    page = list(rows[:500])
    while page:
        for inbox in page:
            user: Any = inbox.user
            address = getattr(user, user.get_email_field_name(), "")
            if address and getattr(user, "is_active", True):
                yield inbox
        page = list(rows.filter(pk__gt=page[-1].pk)[:500])
