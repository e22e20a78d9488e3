"""``{% load stream_notifications %}``: a user's notifications and their counts."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse

from stream.notifications.addresses import PushSubscription
from stream.notifications.channels.push import push_channel
from stream.notifications.feed import NotificationFeed
from stream.notifications.muted import Mutable, offered

register = template.Library()


@register.simple_tag(takes_context=True)
def notifications(
    context: RequestContext | HttpRequest,
    user: Any = None,
    *,
    size: int = 25,
    unread: bool = False,
    grouped: bool = False,
) -> Any:
    """Return a page of the newest notifications, or groups: ``{% notifications as items %}``.

    They are those of the signed-in user, unless another is given; none if nobody is signed in.
    """
    feed = _feed(context, user)
    if unread:
        feed = NotificationFeed(feed.user, unread=True)
    return feed.groups(size) if grouped else feed.page(size)


@register.simple_tag(takes_context=True)
def unseen_count(
    context: RequestContext | HttpRequest, user: Any = None, *, limit: int | None = None
) -> int:
    """Return how many notifications the user has not seen, at most ``limit``."""
    feed = _feed(context, user)
    return feed.unseen_count if limit is None else feed.count_unseen(limit)


@register.simple_tag(takes_context=True)
def unread_count(
    context: RequestContext | HttpRequest, user: Any = None, *, limit: int | None = None
) -> int:
    """Return how many notifications the user has not read, at most ``limit``."""
    feed = _feed(context, user)
    return feed.unread_count if limit is None else feed.count_unread(limit)


@register.simple_tag
def mutes_offered(item: Any) -> list[Mutable]:
    """Return what the recipient of a notification, or of a group of them, can mute of it."""
    first = item.notifications[0] if hasattr(item, "notifications") else item
    return list(offered(first.action, first.kind, first.recipient))


@register.simple_tag
def notifications_url(name: str = "list", *args: Any) -> str:
    """Return an address of ``stream.notifications.urls``, or "" if they are not included."""
    try:
        return reverse(f"stream_notifications:{name}", args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def push_options(context: RequestContext | HttpRequest) -> dict[str, str] | None:
    """Return what the button of web push needs; None where the site has none. One query.

    ``devices`` are the digests of the user's endpoints, by which a browser knows itself.
    """
    request: Any = context if isinstance(context, HttpRequest) else context.get("request")
    user: Any
    user, channel = getattr(request, "user", None), push_channel()
    if channel is None or not getattr(user, "is_authenticated", False):
        return None
    rows = PushSubscription._default_manager.filter(user_id=user.pk)
    worker = notifications_url("push_worker")
    return {
        "key": channel.public_key,
        "devices": " ".join(rows.values_list("digest", flat=True)),
        "worker": worker,
        "scope": worker.rpartition("/")[0] + "/",
        "subscribe": notifications_url("push_subscribe"),
        "unsubscribe": notifications_url("push_unsubscribe"),
    }


def _feed(context: RequestContext | HttpRequest, user: Any) -> NotificationFeed:
    """Return the feed of a user, which all tags of a template share, or in Jinja2 of a request."""
    request: Any = context
    kept: Any = vars(context)
    if not isinstance(context, HttpRequest):
        request, kept = context.get("request"), context.render_context
    if user is None or user == "":  # "": a variable that is not there
        user = getattr(request, "user", None)
    feeds = kept.setdefault("stream_notifications", {})
    key = getattr(user, "pk", None)
    if key not in feeds:
        feeds[key] = NotificationFeed(user)
    feed: NotificationFeed = feeds[key]
    return feed
