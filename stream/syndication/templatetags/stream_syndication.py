"""``{% load stream_syndication %}``: announcing feeds."""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from stream.models import Action
from stream.syndication.models import FeedToken
from stream.syndication.negotiation import FORMATS
from stream.web.links import model_path, object_path, page_model

register = template.Library()


@register.simple_tag(takes_context=True)
def feed_links(
    context: RequestContext | HttpRequest, about: Any = None, kind: str = "object"
) -> SafeString:
    """Show ``<link rel="alternate">`` for each format of a feed, to stand in the ``<head>``.

    The feed is that of an object, of what it does (``{% feed_links user "actor" %}``) or of a model
    (``{% feed_links "blog.post" %}``). Without arguments it is the home feed of the signed-in user,
    if the user has a token: one query. That address is a secret, so only for pages with
    ``never_cache``. Raises NotRegistered.
    """
    args: tuple[str, ...] | None
    if about is None:
        kind, args = "home", _token(context)
    elif isinstance(about, str):
        kind, args = "model", model_path(_registered(apps.get_model(about), "model"))
    else:
        args = object_path(_registered(about, kind), about)
    if not args:
        return SafeString("")
    links = (
        (each.content_type, each.label, reverse(f"stream_syndication:{kind}", args=[*args, name]))
        for name, each in FORMATS.items()
    )
    return format_html_join("\n", '<link rel="alternate" type="{}" title="{}" href="{}">', links)


def _token(context: RequestContext | HttpRequest) -> tuple[str] | None:
    request = context if isinstance(context, HttpRequest) else context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    token = FeedToken.objects.of(user)
    return (token.secret,) if token else None


def _registered(model_or_obj: Model | type[Model], kind: str) -> type[Model]:
    """Return the model that the address names. Raises NotRegistered."""
    model = page_model(model_or_obj, kind)
    return model or Action.actor.field_for(model_or_obj).related_model
