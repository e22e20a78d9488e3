"""Deliveries to channels, written in the transaction that delivers notifications."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from typing import Any

from django.db import DatabaseError
from django.db.models import BigIntegerField, F, Value

from stream.jobs import outbox
from stream.notifications.channels.base import Channel
from stream.notifications.channels.conf import channels
from stream.notifications.deliveries import Delivery
from stream.notifications.kinds import Frequency
from stream.notifications.models import Notification
from stream.notifications.preferences import wanted
from stream.notifications.query import InKeys

logger = logging.getLogger(__name__)

NO_ADDRESS = Value(None, BigIntegerField())


def tell_channels(
    actions: Collection[Any], recipients: Collection[Any], when: dt.datetime, using: str
) -> None:
    """Write what channels tell at once of the notifications that were delivered at this moment.

    One query for each channel, and one for what they tell. A channel whose ``reach()`` raises tells
    nothing of these, which is logged; the notifications and the other channels go on.
    """
    notifications = Notification.objects.using(using).filter(
        InKeys(F("recipient"), recipients), action__in=actions, datetime=when
    )
    jobs = [
        Delivery(channel=channel.name, notification_id=key, recipient_id=user, address=address)
        for channel in channels().values()
        if Frequency.NOW in channel.frequencies
        for key, user, address in _rows(notifications, channel)
    ]
    outbox.enqueue(jobs, using)


def _rows(notifications: Any, channel: Channel) -> list[tuple[Any, Any, Any]]:
    address = F(f"recipient__{channel.addresses}") if channel.addresses else NO_ADDRESS
    try:
        rows = wanted(notifications, channel, Frequency.NOW).order_by()
        rows = rows.annotate(channel_address=address)
        return list(rows.values_list("pk", "recipient_id", "channel_address"))
    except DatabaseError:  # the transaction cannot go on
        raise
    except Exception:  # of the site's channel
        logger.exception("the channel %r tells nothing of what was just delivered", channel.name)
        return []
