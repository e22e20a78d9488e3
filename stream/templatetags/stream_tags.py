"""``{% load stream_tags %}``: showing actions."""

import datetime as dt
import re
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

from stream.models import Action
from stream.text import ago, sentence

register = template.Library()

# A verb that may be the name of a file as it is: no path, nothing hidden, no control characters,
# no partial template, short enough for any file system.
FILE_NAME = re.compile(r"[^\W_][\w .,'+-]{0,59}")


def template_names(verb: str) -> list[str]:
    """Return the templates for a verb, best first, all of them in ``stream/``."""
    names = [verb] if FILE_NAME.fullmatch(verb) else []
    slug = slugify(verb)[:60]
    names += [slug] if slug and slug not in names else []
    return [f"stream/{name}.html" for name in [*names, "action"]]


@register.simple_tag(takes_context=True)
def render_action(context: RequestContext, action: Action | None) -> SafeString | str:
    """Show an action by ``stream/<verb>.html``, ``stream/<slug of verb>.html`` or else
    ``stream/action.html``.

    The template sees the whole context and ``action``. No action: nothing.
    """
    if not action:
        return ""
    engine = context.template.engine  # type: ignore[union-attr]
    with context.push(action=action):
        html = engine.select_template(template_names(action.verb)).render(context)
    return SafeString(html.strip())


@register.filter
def object_link(obj: Any) -> SafeString | str:
    """Show an object's name, as a link where the object has ``get_absolute_url``; None: nothing."""
    if obj is None:
        return ""
    url = obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else ""
    return format_html('<a href="{}">{}</a>', url, obj) if url else format_html("{}", obj)


@register.filter
def action_sentence(action: Action | None) -> SafeString | str:
    """Show an action in words, "ann liked photo", with links to its objects; None: nothing."""
    if not action:
        return ""
    pattern, parts = sentence(action)
    links = {name: object_link(part) for name, part in parts.items()}
    return format_html(pattern, **links)


@register.filter
def time_ago(when: dt.datetime | None) -> SafeString | str:
    """Show a time as "3 hours ago", in a ``<time>`` with the exact time; None: nothing."""
    if not when:
        return ""
    html = '<time datetime="{}" title="{}">{}</time>'
    return format_html(html, when.isoformat(), localize(template_localtime(when)), ago(when))
