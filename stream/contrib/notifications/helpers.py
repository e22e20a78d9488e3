"""Notifications as the old addresses of scripts answer them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from stream.contrib.notifications import lookups
from stream.contrib.notifications.rows import Notification
from stream.contrib.notifications.settings import get_config
from stream.contrib.notifications.utils import id2slug
from stream.contrib.old_modules import old_names
from stream.notifications.feed import NotificationFeed

MOST = 100
ROLES = lookups.ROLES


def get_num_to_fetch(request: HttpRequest) -> int:
    """Return how many a request asks for by ``max``: up to 100."""
    asked = request.GET.get("max", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
    return number if 1 <= number <= MOST else int(get_config()["NUM_TO_FETCH"])


def get_notification_list(request: HttpRequest, method_name: str = "all") -> list[dict[str, Any]]:
    """Return the user's notifications as dicts. A POST may mark them as read (``mark_as_read``)."""
    feed = NotificationFeed(request.user)
    own = Notification.objects.using(feed.using).filter(recipient=request.user.pk, archived=0)
    # It leaves out those of objects that are hidden from the user.
    rows: Any = feed.load(list(getattr(own, method_name)()[: get_num_to_fetch(request)]))
    keys = [row.pk for row in rows]
    mailed = own.filter(lookups.is_emailed(), pk__in=keys)
    emailed = set(mailed.values_list("pk", flat=True))
    found = [{**as_dict(row), "emailed": row.pk in emailed} for row in rows]
    is_asked = "mark_as_read" in request.GET or "mark_as_read" in request.POST
    if request.method == "POST" and is_asked:
        own.filter(pk__in=keys).mark_read()
    return found


def as_dict(row: Notification) -> dict[str, Any]:
    """Return a notification in its old form."""
    said: dict[str, Any] = {
        "id": row.pk,
        "slug": id2slug(row.pk),
        "level": row.level_name,
        "recipient": row.recipient_id,
        "unread": not row.is_read,
        "deleted": row.is_archived,
        "timestamp": row.datetime,
        "verb": row.action.verb,
        "description": row.action.description,
        "public": row.action.public,
        "data": row.action.data,
    }
    fields = vars(type(row))
    for role in ROLES:
        said[f"{role}_content_type"] = fields[f"{role}_content_type_id"].of(row)
        said[f"{role}_object_id"] = fields[f"{role}_object_id"].of(row)
        obj = fields[role].of(row)
        if obj is not None:
            said[role] = str(obj)
    return said


__getattr__ = old_names(__name__)
