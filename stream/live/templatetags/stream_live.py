"""``{% load stream_live %}``: what a page needs to hear of news."""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps
from django.http import HttpRequest
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def live(context: RequestContext | HttpRequest) -> SafeString | str:
    """Load the script that listens, for who is signed in: ``{% live %}`` in the head."""
    url = address("stream_live:events")
    if not (url and is_signed_in(context)):
        return ""
    html = '<script src="{}" data-url="{}" defer></script>'
    return format_html(html, static("stream/live.js"), url)


@register.simple_tag(takes_context=True)
def live_badge(context: RequestContext | HttpRequest) -> SafeString | str:
    """Show how many notifications the user has not seen, and keep it up to date.

    Nothing without somebody who is signed in, or without ``stream.notifications`` and its URLs.
    """
    url = address("stream_notifications:count")
    if not (url and apps.is_installed("stream.notifications") and is_signed_in(context)):
        return ""
    request = request_of(context)
    return SafeString(render_to_string("stream/live/badge.html", {"url": url}, request).strip())


def request_of(context: RequestContext | HttpRequest) -> Any:
    return context if isinstance(context, HttpRequest) else context.get("request")


def is_signed_in(context: RequestContext | HttpRequest) -> bool:
    user = getattr(request_of(context), "user", None)
    return bool(user and user.is_authenticated)


def address(name: str) -> str:
    """Return the address of a name; "" where the site's URLs do not have it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
