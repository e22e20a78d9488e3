"""Digests by e-mail: an example of a channel, on what any site has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_supported_language_variant

from stream.arc.names import one_line
from stream.notifications.feed import NotificationFeed
from stream.notifications.inbox import INBOX, Inbox, above
from stream.notifications.marking import is_quiet
from stream.notifications.models import Notification

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
    the mail, where the user model has such a field and the site speaks it. What was mailed is noted
    after each mail, so a run that was broken off goes on. A digest that fails, whatever the reason,
    is logged with the user's key, and tried again next time; the others are sent.
    """
    sent = failed = 0
    for inbox in _waiting(using):
        try:
            sent += _send_digest(inbox, site_url, using)
        except Exception:  # of the mail server, its backend, a template or the site's models
            logger.exception("the digest of user %r was not sent", inbox.pk)
            failed += 1
    return Digests(sent, failed)


def _send_digest(inbox: Inbox, site_url: str, using: str) -> bool:
    """Mail what an inbox has, and note it; tell whether a mail was sent."""
    user: Any = inbox.user
    address = getattr(user, user.get_email_field_name(), "")
    if not address or not getattr(user, "is_active", True):
        return False
    rows = Notification.objects.using(using).newest_of(user.pk)
    newest = rows.values_list("pk", flat=True)[0]
    is_quiet(user, using, wait=True)  # no older one is to come
    message = make_digest(inbox, site_url=site_url, using=using, up_to=newest)
    if message:
        message.send()
    Inbox._default_manager.using(using).update_or_create(
        pk=user.pk, defaults={"digested_up_to": newest}
    )
    return message is not None


def make_digest(
    inbox: Inbox,
    *,
    site_url: str = "",
    using: str = DEFAULT_DB_ALIAS,
    up_to: int | None = None,
) -> EmailMultiAlternatives | None:
    """Return the mail of an inbox, as text and HTML; None where there is nothing to say.

    ``up_to`` is the key of the newest notification to be mailed.
    """
    user: Any = inbox.user
    feed = NotificationFeed(user, unread=True, using=using)
    new = feed.visible.filter(**above(inbox.digested_up_to))
    if up_to is not None:
        new = new.filter(pk__lte=up_to)
    rows, count = feed.load(list(new[:MOST])), new.count()
    if not rows:
        return None
    with translation.override(_language_of(user)):
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
            one_line(" ".join(subject.split())),
            render_to_string(f"{folder}/digest.txt", context),
            to=[getattr(user, user.get_email_field_name())],
        )
        message.attach_alternative(render_to_string(f"{folder}/digest.html", context), "text/html")
    return message


def _language_of(user: Any) -> str:
    chosen = getattr(user, "language", None)
    try:
        return get_supported_language_variant(str(chosen)) if chosen else settings.LANGUAGE_CODE
    except (LookupError, ValueError):  # unknown, or too long
        return settings.LANGUAGE_CODE


def _waiting(using: str) -> Iterator[Inbox]:
    """Yield the inboxes with something unread since the last digest, a page in memory at a time."""
    done = Inbox._default_manager.filter(
        Q(digest=False) | Q(digested_up_to__gte=OuterRef("pk")), pk=OuterRef("recipient")
    )
    new = Notification.objects.unread().filter(~Exists(done), recipient=OuterRef("pk"))
    users: Any = get_user_model()._default_manager.using(using).select_related(INBOX)
    rows = users.filter(Exists(new)).order_by("pk")
    page = list(rows[:500])
    while page:
        for user in page:
            yield getattr(user, INBOX, None) or Inbox(user=user)
        page = list(rows.filter(pk__gt=page[-1].pk)[:500])
