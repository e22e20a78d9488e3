"""``{% load stream_notifications %}``: a user's notifications and counts."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse

from stream.notifications.feed import NotificationFeed

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

    Of the signed-in user, unless another is given; none where nobody is signed in.
    """
    feed = _feed(context, user)
    if unread:
        feed = NotificationFeed(feed.user, unread=True)
    return feed.groups(size) if grouped else feed.page(size)


@register.simple_tag(takes_context=True)
def unseen_count(
    context: RequestContext | HttpRequest, user: Any = None, *, limit: int | None = None
) -> int:
    """Return how many notifications the user has not seen, or ``limit`` where there are more."""
    feed = _feed(context, user)
    return feed.unseen_count if limit is None else feed.count_unseen(limit)


@register.simple_tag(takes_context=True)
def unread_count(
    context: RequestContext | HttpRequest, user: Any = None, *, limit: int | None = None
) -> int:
    """Return how many notifications the user has not read, or ``limit`` where there are more."""
    feed = _feed(context, user)
    return feed.unread_count if limit is None else feed.count_unread(limit)


@register.simple_tag
def notifications_url(name: str = "list", *args: Any) -> str:
    """Return an address of ``stream.notifications.urls``; "" where they are not included."""
    try:
        return reverse(f"stream_notifications:{name}", args=args)
    except NoReverseMatch:
        return ""


def _feed(context: RequestContext | HttpRequest, user: Any) -> NotificationFeed:
    """Return the feed of a user, the same for all tags of a template, or of a request in Jinja2."""
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
    found: NotificationFeed = feeds[key]
    return found
