"""Doing deliveries: telling channels of notifications, outside of transactions."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.utils import timezone

from stream.jobs.models import GiveUpError, Step
from stream.notifications.channels.base import Channel
from stream.notifications.channels.conf import channels
from stream.notifications.deliveries import Delivery, Digest
from stream.notifications.feed import NotificationFeed
from stream.notifications.marking import is_quiet
from stream.notifications.models import Notification
from stream.notifications.preferences import wanted

NOTIFICATIONS_PER_DIGEST = 20
FIRST_DIGEST = dt.timedelta(days=14)  # tells of no more, so that nobody is flooded


def take_step(delivery: Delivery, using: str) -> Step:
    """Tell the channel after the commit: a transaction must not wait for another server."""
    if delivery.notification_id is None and not _is_only_one(delivery, using):
        delivery.state = Delivery.State.SKIPPED
        return Step()
    return Step(after=[partial(send, delivery, using)])


def _is_only_one(delivery: Delivery, using: str) -> bool:
    """Tell whether nobody sends the same digest just now. Two of them wait for each other."""
    of_user = {"channel": delivery.channel, "frequency": delivery.frequency}
    digests = Digest._default_manager.using(using)
    digests.get_or_create(user_id=delivery.recipient_id, **of_user)
    digests.select_for_update().get(user_id=delivery.recipient_id, **of_user)
    others = Delivery._default_manager.using(using).filter(
        recipient=delivery.recipient_id, notification=None, is_held=True, **of_user
    )
    return not others.filter(due_at__gt=timezone.now()).exclude(pk=delivery.pk).exists()


def send(delivery: Delivery, using: str) -> None:
    """Tell the channel of a notification, or send a digest, unless it is not wanted any more."""
    channel = channels().get(delivery.channel)
    if channel is None:
        raise GiveUpError(f"STREAM_CHANNELS has no {delivery.channel!r} any more")
    is_sent = (_send_one if delivery.notification_id else send_digest)(delivery, channel, using)
    if not is_sent:
        delivery.state = Delivery.State.SKIPPED


def _send_one(delivery: Delivery, channel: Channel, using: str) -> bool:
    """Tell of a notification that is still unread, visible and wanted."""
    feed = NotificationFeed(delivery.recipient, unread=True, using=using)
    own = feed.notifications.filter(deliveries=delivery, archived=0)
    notifications = feed.load(list(wanted(own, channel, delivery.frequency)[:1]))
    for notification in notifications:
        channel.send(delivery, notification)
    return bool(notifications)


def send_digest(delivery: Delivery, channel: Channel, using: str) -> bool:
    """Tell of what is unread since the last digest, and note up to which it is told."""
    user, frequency = delivery.recipient, delivery.frequency
    named: dict[str, Any] = {"user_id": user.pk, "channel": channel.name, "frequency": frequency}
    digests = Digest._default_manager.using(using)
    newest = Notification.objects.using(using).newest_of(user.pk).filter(archived=0)
    up_to = newest.values_list("pk", flat=True).first()
    if up_to is None:  # archived or deleted meanwhile
        return False
    is_quiet(user, using, wait=True)  # then no older one can come
    mark = digests.filter(**named).values_list("up_to", flat=True).first() or 0
    feed = NotificationFeed(user, unread=True, using=using)
    new = wanted(feed.visible.filter(archived=0, pk__lte=up_to), channel, frequency)
    since = delivery.created_at - FIRST_DIGEST
    new = new.filter(pk__gt=mark) if mark else new.filter(datetime__gt=since)
    shown = feed.load(list(new[:NOTIFICATIONS_PER_DIGEST]))
    if shown:
        channel.send_digest(delivery, shown, new.count())
    digests.filter(**named, up_to__lt=up_to).update(up_to=up_to)
    return bool(shown)
