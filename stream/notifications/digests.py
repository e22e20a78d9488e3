"""Digests: what is unread, told by day or week, in the hour and the time zone of each user."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from stream.chunks import chunks
from stream.jobs.conf import options
from stream.jobs.running import deliver_jobs, run_job
from stream.notifications.channels.base import Channel
from stream.notifications.channels.conf import channels
from stream.notifications.deliveries import Delivery, Digest
from stream.notifications.kinds import Frequency
from stream.notifications.models import Notification
from stream.notifications.people import time_zone_of
from stream.notifications.preferences import wanted
from stream.notifications.sending import FIRST_DIGEST

logger = logging.getLogger(__name__)

USERS_IN_MEMORY = 500
HOUR = 8  # of the user's day


class Digests(NamedTuple):
    """How many digests were sent or handed to workers, and how many failed and wait."""

    sent: int
    failed: int


def send_digests(*, using: str = DEFAULT_DB_ALIAS, now: dt.datetime | None = None) -> Digests:
    """Send the digests that are due; let cron call it every hour.

    A digest tells of what is unread since the last one, the first one of the last fortnight. It is
    due where some of it is older than eight o'clock of the user's day, or of Monday for weekly
    ones. Each is a delivery: what fails is noted on it and tried again, and the others are sent. A
    channel whose ``reach()`` raises counts as one that failed, which is logged.
    """
    sent = failed = 0
    for channel in channels().values():
        for frequency in channel.digests:
            try:
                for users in chunks(due(channel, frequency, using, now or timezone.now()), 100):
                    new = [
                        Delivery(channel=channel.name, recipient_id=key, frequency=frequency)
                        for key in users
                    ]
                    done, broken = _deliver(
                        Delivery._default_manager.using(using).bulk_create(new), using
                    )
                    sent, failed = sent + done, failed + broken
            except DatabaseError:
                raise
            except Exception:  # of the site's channel
                logger.exception("the channel %r sends no %s digests", channel.name, frequency)
                failed += 1
    return Digests(sent, failed)


def _deliver(new: list[Delivery], using: str) -> tuple[int, int]:
    if options().deliver == "celery":
        deliver_jobs(Delivery, [each.pk for each in new], using)
        return len(new), 0
    sent = failed = 0
    for each in new:
        try:
            run_job(Delivery, each.pk, using)
        except Exception:  # noted on the delivery; the others go on
            logger.exception("the digest of user %r was not sent", each.recipient_id)
            failed += 1
        else:
            is_sent = Delivery._default_manager.using(using).filter(
                pk=each.pk, state=Delivery.State.SENT
            )
            sent += is_sent.exists()
    return sent, failed


def due(channel: Channel, frequency: Frequency, using: str, now: dt.datetime) -> Iterator[Any]:
    """Yield the keys of the users whose digest is due, some in memory at a time."""
    marks = Digest._default_manager.filter(
        user=OuterRef("recipient"), channel=channel.name, frequency=frequency
    )
    done = marks.filter(up_to__gte=OuterRef("pk"))
    new = wanted(Notification.objects.unread().filter(archived=0), channel, frequency)
    new = new.filter(~Exists(done), recipient=OuterRef("pk")).order_by("pk")
    new = new.filter(Exists(marks.filter(up_to__gt=0)) | Q(datetime__gt=now - FIRST_DIGEST))
    waiting = Delivery._default_manager.filter(
        recipient=OuterRef("pk"), channel=channel.name, frequency=frequency, due_at__isnull=False
    )
    users: Any = get_user_model()._default_manager.using(using)
    users = users.annotate(stream_since=Subquery(new.values("datetime")[:1]))
    # A digest that could not be sent at all is begun anew a day or a week later.
    days = 7 if frequency == Frequency.WEEKLY else 1
    failed = Delivery._default_manager.filter(
        recipient=OuterRef("pk"),
        channel=channel.name,
        frequency=frequency,
        state=Delivery.State.FAILED,
        created_at__gt=now - dt.timedelta(days=days),
    )
    users = users.filter(~Exists(waiting), ~Exists(failed), stream_since__isnull=False)
    users = users.order_by("pk")
    some = list(users[:USERS_IN_MEMORY])
    while some:
        for user in some:
            if _is_due(user, frequency, now):
                yield user.pk
        some = list(users.filter(pk__gt=some[-1].pk)[:USERS_IN_MEMORY])


def _is_due(user: Any, frequency: Frequency, now: dt.datetime) -> bool:
    try:
        return bool(user.stream_since < last_time(user, frequency, now))
    except Exception:  # of the user model: its delivery fails with it, and says so
        logger.exception("the time zone of user %r is not known", user.pk)
        return True


def last_time(user: Any, frequency: Frequency, now: dt.datetime) -> dt.datetime:
    """Return when a user's digests of this frequency were last to be sent."""
    zone = time_zone_of(user)
    local = now.astimezone(zone)
    day = local.date() - dt.timedelta(days=local.hour < HOUR)
    if frequency == Frequency.WEEKLY:
        day -= dt.timedelta(days=day.weekday())  # to Monday
    at: dt.datetime = dt.datetime.combine(day, dt.time(HOUR), zone)
    return at if timezone.is_aware(now) else timezone.make_naive(at)
