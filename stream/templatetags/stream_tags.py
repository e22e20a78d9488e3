"""``{% load stream_tags %}``: showing actions."""

import datetime as dt
import os
import re
from functools import lru_cache
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import engines
from django.template.context import RequestContext
from django.template.engine import Engine
from django.template.loader import get_template
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

from stream.actions.sending import ActionQuerySet
from stream.arc import names
from stream.feeds import missing_data
from stream.groups.group import Group
from stream.models import Action
from stream.text import ago, sentence
from stream.web import links

register = template.Library()

STREAMS = ("actor", "target", "action_object", "any", "model", "user")

# A verb that may be the name of a file as it is: no path, nothing hidden, no control characters,
# no partial template.
FILE_NAME = re.compile(r"[^\W_][\w .,'+-]{0,59}")
PREFIX = re.compile(r"[^\W_][\w-]{0,29}")
FILE_NAME_BYTES = 143  # what every file system takes, encrypted ones too; most take 255


def template_names(verb: str, prefix: str = "", folder: str = "stream") -> list[str]:
    """Return the templates for a verb, best first, all of them in the folder.

    Names that a file cannot have are left out.
    """
    names = [verb] if FILE_NAME.fullmatch(verb) else []
    slug = slugify(verb)[:60]
    names += [slug] if slug and slug not in names else []
    names.append("action")
    if prefix:
        names = [f"{prefix}_{name}" for name in names] + names
    return [f"{folder}/{name}.html" for name in names if _fits_a_file(f"{name}.html")]


def _fits_a_file(name: str) -> bool:
    try:
        return len(os.fsencode(name)) <= FILE_NAME_BYTES
    except UnicodeEncodeError:  # the locale's encoding lacks a letter
        return False


@register.simple_tag(takes_context=True)
def render_action(
    context: RequestContext | HttpRequest, action: Action | None, prefix: str = ""
) -> SafeString | str:
    """Show an action by ``stream/<verb>.html``, ``stream/<slug of verb>.html`` or else
    ``stream/action.html``; with a prefix first by the three with ``<prefix>_`` before the name.

    The template sees the whole context and ``action``. No action: nothing.
    """
    check_prefix("render_action", prefix)
    if not action:
        return ""
    return render(context, template_names(action.verb, prefix), action=action)


@register.simple_tag(takes_context=True)
def render_activity(
    context: RequestContext | HttpRequest,
    activity: Action | Group | None,
    prefix: str = "",
    missing_data_policy: str | None = None,
) -> SafeString | str:
    """Show an action as ``render_action`` does, and a group by the templates of the same names in
    ``stream/aggregated/``, which see ``group``. Nothing: nothing.

    Of what is gone, such as the target, the policy says whether it is left out ("ignore"), shown as
    far as it is there ("placeholder") or refused ("raise"); by default the setting.
    """
    check_prefix("render_activity", prefix)
    policy = missing_data.chosen_policy(missing_data_policy)
    if not activity or not missing_data.is_shown(activity, policy):
        return ""
    if isinstance(activity, Group):
        names = template_names(activity.verb or "", prefix, "stream/aggregated")
        return render(context, names, group=activity)
    return render(context, template_names(activity.verb, prefix), action=activity)


def check_prefix(tag: str, prefix: str) -> None:
    if prefix and not PREFIX.fullmatch(str(prefix)):
        raise template.TemplateSyntaxError(
            f"{tag}: {prefix!r:.80} is no prefix; write up to 30 letters, digits, - and _, "
            f"as in {{% {tag} action 'email' %}}."
        )


def render(context: RequestContext | HttpRequest, names: list[str], **variables: Any) -> SafeString:
    """Show the first template: in a context, or of any engine where a request is given."""
    if isinstance(context, HttpRequest):
        found = tuple(getattr(each, "engine", each) for each in engines.all())
        shown: str = get_template(find_template(found, names)).render(variables, context)
        return SafeString(shown.strip())
    engine: Engine = context.template.engine  # type: ignore[union-attr]
    with context.push(**variables):
        return SafeString(
            engine.get_template(find_template((engine,), names)).render(context).strip()
        )


def find_template(engines: tuple[Any, ...], names: list[str]) -> str:
    # While a site is made, templates come and go.
    is_made = any(getattr(each, "debug", False) for each in engines)
    return (first_template.__wrapped__ if is_made else first_template)(engines, *names)


@lru_cache(maxsize=1000)
def first_template(engines: tuple[Any, ...], *names: str) -> str:
    """Return the first name that a template has, or else the last one.

    Verbs may come from outside, and Django's cached loader keeps each name that it does not find
    for as long as the process runs. So it is asked for none: the newest answers alone are kept.
    """
    has = (name for name in names[:-1] if any(has_template(each, name) for each in engines))
    return next(has, names[-1])


def has_template(engine: Any, name: str) -> bool:
    if not isinstance(engine, Engine):  # but Jinja2's, which keeps what it finds alone
        try:
            return bool(engine.get_template(name))
        except template.TemplateDoesNotExist:
            return False
    loaders: list[Any] = engine.template_loaders
    for loader in loaders:
        for origin in loader.get_template_sources(name):
            try:
                loader.get_contents(origin)
            except template.TemplateDoesNotExist:
                continue
            return True
    return False


@register.simple_tag(name="stream")
def get_stream(name: str, *args: Any, **kwargs: Any) -> ActionQuerySet[Action]:
    """Return a stream: ``{% stream "actor" user as actions %}``.

    ``name`` is "actor", "target", "action_object", "any", "model", "user" or a method of the
    site's manager that is marked with ``@stream``.
    """
    manager = Action._default_manager
    own = [each for each in dir(type(manager)) if _is_stream(type(manager), each)]
    if name in own:
        actions: ActionQuerySet[Action] = getattr(manager, name)(*args, **kwargs)
    elif name in STREAMS:
        actions = getattr(manager, f"{name}_stream")(*args, **kwargs)
    else:
        known = ", ".join(map(repr, [*STREAMS, *own]))
        raise template.TemplateSyntaxError(
            f"stream: {name!r:.80} is the name of no stream; write one of {known}."
        )
    return actions


def _is_stream(manager: type, name: str) -> bool:
    return getattr(getattr(manager, name, None), "is_stream", False) is True


@register.simple_tag
def action_url(action: Action | None) -> str:
    """Return the address of an action's page; "" where ``stream.urls`` is not included."""
    return action.get_absolute_url() if action else ""


@register.simple_tag
def stream_url(model_or_obj: Any, page: str = "object") -> str:
    """Return the address of an object's stream, of its page "actor", "followers" or "following", or
    of its model's stream, "model"; "" where there is none, and for None.
    """
    if model_or_obj is None or model_or_obj == "":  # "": a variable that is not there
        return ""
    try:
        return links.stream_url(model_or_obj, page)
    except ValueError as error:
        raise template.TemplateSyntaxError(f"stream_url: {error}.") from None


@register.simple_tag
def object_url(obj: Any) -> str:
    """Return the address that an object's ``get_absolute_url`` says, if it is one of a page."""
    return links.object_url(obj)


@register.filter
def object_name(obj: Any) -> str:
    """Show an object's name as others see it, without users' e-mail addresses; None: nothing."""
    return "" if obj is None else names.object_name(obj)


@register.filter
def object_link(obj: Any) -> SafeString | str:
    """Show an object's name, as a link where the object has ``get_absolute_url``; None: nothing."""
    if obj is None:
        return ""
    url, name = links.object_url(obj), names.object_name(obj)
    return format_html('<a href="{}">{}</a>', url, name) if url else format_html("{}", name)


@register.filter
def action_sentence(action: Action | None) -> SafeString | str:
    """Show an action in words, "ann liked photo", with links to its objects; None: nothing."""
    if not action:
        return ""
    pattern, parts = sentence(action)
    linked = {name: object_link(part) for name, part in parts.items()}
    return format_html(pattern, **linked)


@register.filter
def group_sentence(group: Group | None) -> SafeString | str:
    """Show a group in words, "ann, bob and 3 others liked photo", with links; None: nothing."""
    if not group:
        return ""
    pattern, parts = group.sentence()
    actors, names = group.actors_phrase()
    linked = {name: object_link(part) for name, part in parts.items()}
    shown = {name: object_link(each) for name, each in names.items()}
    linked["actor"] = format_html(actors, **shown) if shown else format_html("{}", actors)
    return format_html(pattern, **linked)


@register.filter
def time_ago(when: dt.datetime | None) -> SafeString | str:
    """Show a time as "3 hours ago", in a ``<time>`` with the exact time; None: nothing."""
    if not when:
        return ""
    html = '<time datetime="{}" title="{}">{}</time>'
    return format_html(html, when.isoformat(), localize(template_localtime(when)), ago(when))
