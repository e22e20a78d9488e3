"""``{% load stream_tags %}``: showing actions."""

import datetime as dt
import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import engines
from django.template.context import RequestContext
from django.template.engine import Engine
from django.template.loader import get_template, render_to_string
from django.templatetags.static import static
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django.utils.translation import gettext as _

from stream.actions.sending import ActionQuerySet
from stream.arc import names
from stream.arc.requests import sign_in_url
from stream.feeds import missing_data
from stream.groups.group import Group
from stream.models import Action
from stream.text import ROLES, ago, sentence
from stream.web import frame, links, looks, navigation

register = template.Library()

STREAMS = (*ROLES, "any", "model", "user")

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
    # While a site is developed, templates come and go.
    is_made = any(getattr(each, "debug", False) for each in engines)
    return (first_template.__wrapped__ if is_made else first_template)(engines, *names)


@lru_cache(maxsize=1000)
def first_template(engines: tuple[Any, ...], *names: str) -> str:
    """Return the first name for which there is a template, or else the last one.

    Verbs may come from outside, and Django's cached loader keeps each name that it does not find
    for as long as the process runs. So it is not asked: only the latest answers are kept.
    """
    has = (name for name in names[:-1] if any(has_template(each, name) for each in engines))
    return next(has, names[-1])


def has_template(engine: Any, name: str) -> bool:
    if not isinstance(engine, Engine):  # Jinja2, which keeps only templates that it finds
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


@register.simple_tag(name="stream", takes_context=True)
def get_stream(
    context: RequestContext | HttpRequest, name: str, *args: Any, **kwargs: Any
) -> ActionQuerySet[Action]:
    """Return a stream: ``{% stream "actor" user as actions %}``.

    It holds what the request's user may see; without a request, what anybody may, or in a home
    feed what its own user may. ``name`` is "actor", "target", "action_object", "context", "any",
    "model", "user" or a method of the site's manager that is marked with ``@stream``.
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
    request = context if isinstance(context, HttpRequest) else context.get("request")
    reader = getattr(request, "user", None)
    if actions._feed is not None and (request is None or reader == actions._feed.user):
        return actions  # which asks as its own user already
    return actions.visible_to(reader)


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
    return names.object_url(obj)


@register.filter
def object_name(obj: Any) -> str:
    """Show an object's name as others see it, without users' e-mail addresses; None: nothing."""
    return "" if obj is None else names.object_name(obj)


@register.filter
def object_link(obj: Any) -> SafeString | str:
    """Show an object's name, as a link where the object has ``get_absolute_url``; None: nothing."""
    if obj is None:
        return ""
    url, name = names.object_url(obj), names.object_name(obj)
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
def group_actors(group: Group | None) -> SafeString | str:
    """Show who acted in a group, "ann, bob and 3 others", with links; None: nothing."""
    if not group:
        return ""
    pattern, names = group.actors_phrase()
    shown = {name: object_link(each) for name, each in names.items()}
    return format_html(pattern, **shown) if shown else pattern  # "someone"


@register.filter
def group_sentence(group: Group | None) -> SafeString | str:
    """Show a group in words, "ann, bob and 3 others liked photo", with links; None: nothing."""
    if not group:
        return ""
    pattern, parts = group.sentence()
    linked = {name: object_link(part) for name, part in parts.items()}
    linked["actor"] = group_actors(group)
    return format_html(pattern, **linked)


@register.filter
def in_context(activity: Action | Group | None) -> SafeString | str:
    """Show where an action or a group happened, "in Apollo", with a link to the context.

    Nothing where there is no context, or where the sentence of the verb names it.
    """
    if not activity or activity.context is None:
        return ""
    _pattern, parts = activity.sentence() if isinstance(activity, Group) else sentence(activity)
    if "context" in parts:
        return ""
    return place_phrase(activity.context)


def place_phrase(context: Any) -> SafeString:
    """Say where something happened, "in Apollo", with a link."""
    return format_html(_("in {context}"), context=object_link(context))


@register.filter
def time_ago(when: dt.datetime | None) -> SafeString | str:
    """Show a time as "3 hours ago", in a ``<time>`` with the exact time; None: nothing."""
    if not when:
        return ""
    html = '<time datetime="{}" title="{}">{}</time>'
    return format_html(html, when.isoformat(), localize(template_localtime(when)), ago(when))


# Looks


@register.simple_tag
def stream_styles() -> SafeString:
    """Load the stylesheet of rows, pages and buttons: ``{% stream_styles %}`` in the head."""
    return format_html('<link rel="stylesheet" href="{}">', static("stream/stream.css"))


@register.simple_tag
def stream_script() -> SafeString:
    """Load what says that something failed, for sites that load htmx: in the head."""
    html = '<script src="{}" data-failed="{}" defer></script>'
    return format_html(html, static("stream/stream.js"), _("That did not work. Please try again."))


@register.simple_tag(takes_context=True)
def frame_scripts(context: RequestContext | HttpRequest) -> SafeString:
    """Load what apps add to the plain frame of pages, such as the script of live updates."""
    request: Any = context
    if not isinstance(context, HttpRequest):
        request = context.get("request") or context["view"].request
    return format_html_join("", "{}", ((script(request),) for script in frame.SCRIPTS))


@register.simple_tag
def avatar(obj: Any, size: str = "") -> SafeString:
    """Show the image that an object's options say, or its initials: "small", "large" or neither."""
    classes = f"stream-avatar stream-avatar-{size}" if size else "stream-avatar"
    if obj is not None and (image := names.object_image(obj)):
        return format_html('<img class="{}" src="{}" alt="" loading="lazy">', classes, image)
    html = '<span class="{} stream-hue-{}" aria-hidden="true">{}</span>'
    return format_html(html, classes, looks.hue_of(obj), looks.initials_of(obj))


@register.simple_tag
def avatars(objects: Sequence[Any], count: int | None = None, shown: int = 3) -> SafeString:
    """Show objects side by side, and by "+4" how many more of a ``count`` there are."""
    first = objects[:shown]
    more = (len(objects) if count is None else count) - len(first)
    faces = format_html_join("", "{}", ((avatar(each),) for each in first))
    if more > 0:
        html = '{}<span class="stream-avatar stream-avatar-more">+{}</span>'
        faces = format_html(html, faces, min(more, 99))
    return format_html('<span class="stream-faces" aria-hidden="true">{}</span>', faces)


@register.simple_tag
def verb_look(verb: str | None) -> looks.VerbLook:
    """Return how actions of a verb look: ``icon``, ``tint`` and ``compact``."""
    return looks.look_of(verb)


@register.simple_tag
def verb_icon(verb: str | None) -> SafeString:
    """Show the icon of a verb."""
    look = looks.look_of(verb)
    classes = f"stream-icon stream-tint-{look.tint}" if look.tint else "stream-icon"
    svg = SafeString(render_to_string(look.icon_template).strip())
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, svg)


@register.simple_tag(takes_context=True)
def activity_time(
    context: RequestContext | HttpRequest, activity: Action | Group | None
) -> SafeString | str:
    """Show when an action or group happened, with a link to the page of the action.

    That is "3 hours ago", or below the heading of a past day the time by the clock.
    """
    if not activity:
        return ""
    day = None if isinstance(context, HttpRequest) else context.get("stream_day")
    when = looks.moment_of(activity)
    exact = localize(template_localtime(when))
    html = '<time datetime="{}" title="{}">{}</time>'
    time = format_html(html, when.isoformat(), exact, looks.short_time(when, day))
    url = "" if isinstance(activity, Group) else activity.get_absolute_url()
    if not url:
        return format_html('<span class="stream-time">{}</span>', time)
    return format_html('<a class="stream-time" href="{}">{}</a>', url, time)


@register.filter
def by_day(rows: Iterable[Any]) -> list[tuple[dt.date, list[Any]]]:
    """Return rows by day: ``{% for stream_day, actions in page|by_day %}``."""
    return list(looks.by_day(rows))


@register.filter
def day_name(day: dt.date) -> str:
    """Show a day as "Today", "Yesterday", "Monday" or the date."""
    return looks.day_name(day)


@register.simple_tag(takes_context=True)
def stream_navigation(context: RequestContext | HttpRequest) -> dict[str, Any]:
    """Return the ``places`` to go, and the addresses to ``sign_in`` and to ``sign_out``."""
    request: Any = context
    if not isinstance(context, HttpRequest):
        request = context.get("request") or context["view"].request
    user = getattr(request, "user", None)
    is_in = bool(user and user.is_authenticated)
    return {
        "places": navigation.places(request),
        "path": request.path,
        "user": user if is_in else None,
        "sign_in": "" if is_in else sign_in_url(request),
        "sign_out": navigation.sign_out_url() if is_in else "",
    }
