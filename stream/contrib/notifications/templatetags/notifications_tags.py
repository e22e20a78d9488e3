"""``{% load notifications_tags %}``: the old tags, with what to write instead."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from stream.contrib.deprecation import deprecated, deprecated_tag
from stream.contrib.old_modules import old_names
from stream.notifications.feed import NotificationFeed

register = template.Library()

LOAD = "{% load stream_notifications %}"
LIVE = ", with 'stream.live' in INSTALLED_APPS and include('stream.live.urls')"


@register.simple_tag(takes_context=True)
def notifications_unread(context: Context) -> int | str:
    """Return how many notifications the user has not read; "" without a user."""
    feed = _feed(context)
    return feed.unread_count if feed.user else ""


@register.filter
def has_notification(user: Any) -> bool:
    """Tell whether a user has unread notifications."""
    deprecated("{{ user|has_notification }}", LOAD + "{% unread_count user limit=1 as unread %}")
    return bool(NotificationFeed(user or None).count_unread(1))


@register.simple_tag(takes_context=True)
def live_notify_badge(context: Context, badge_class: str = "live_notify_badge") -> SafeString | str:
    """Show how many are unread, as of now."""
    feed = _feed(context)
    if not feed.user:
        return ""
    return format_html('<span class="{}">{}</span>', badge_class, feed.unread_count)


@register.simple_tag
def live_notify_list(list_class: str = "live_notify_list") -> SafeString:
    """Return an empty list, which a script of the site may fill."""
    return format_html('<ul class="{}"></ul>', list_class)


@register.simple_tag
def register_notify_callbacks(*args: Any, **options: Any) -> str:
    """Return nothing: the script of the old package is not there."""
    return ""


def _feed(context: Context) -> NotificationFeed:
    user = getattr(context.get("request"), "user", None) or context.get("user")
    return NotificationFeed(user or None)


def _tell(name: str, new: str) -> None:
    """Let a tag say what to write instead, where a template has it."""
    compile_tag = register.tags[name]

    def compile_old(parser: Parser, token: Token) -> Node:
        deprecated_tag(parser, token, new)
        node: Node = compile_tag(parser, token)
        return node

    register.tag(name, compile_old)


_tell("notifications_unread", LOAD + "{% unread_count %}")
_tell("live_notify_badge", "{% load stream_live %}{% live_badge %}" + LIVE)
_tell("live_notify_list", LOAD + "{% notifications size=5 as items %}")
_tell("register_notify_callbacks", "{% load stream_live %}{% live %} in the head" + LIVE)

__getattr__ = old_names(
    __name__,
    {"get_config": "stream.contrib.notifications.settings.get_config"},
    {
        "StrictVersion": "write packaging.version.Version",
        "get_cached_notification_unread_count": "write NotificationFeed(user).unread_count",
        "user_context": "write context['request'].user",
    },
)
