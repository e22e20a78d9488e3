"""``{% load follow_tags %}``: links and forms to follow."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.text import slugify

from follow import utils
from follow.models import Follow
from stream.arc.names import object_name
from stream.arc.requests import sign_in_url

register = template.Library()


def _user(context: Context | HttpRequest) -> Any:
    if isinstance(context, HttpRequest):
        return context.user
    try:
        return context["request"].user
    except KeyError:
        raise template.TemplateSyntaxError(
            "follow_tags: the template has no request; render it with one and with the context "
            "processor django.template.context_processors.request."
        ) from None


@register.simple_tag(takes_context=True)
def follow_url(context: Context | HttpRequest, obj: Model, user: Any = None, flag: str = "") -> str:
    """Return the URL that follows or unfollows, for ``request.user`` or a given user."""
    return utils.follow_url(_user(context) if user is None else user, obj, flag)


@register.filter
def is_following(user: Any, obj: Model) -> bool:
    """Tell whether the user follows the object: one query."""
    return Follow.objects.all().is_following(user, obj)


@register.simple_tag(name="is_following")
def is_following_tag(user: Any, obj: Model, flag: str = "") -> bool:
    """Tell whether the user follows the object: ``{% is_following user obj flag="x" as yes %}``."""
    return Follow.objects.all().is_following(user, obj, flag)


@register.simple_tag(takes_context=True)
def follow_form(
    context: Any, obj: Model, template_name: str = "follow/form.html", flag: str = ""
) -> SafeString:
    """Show the button that follows or unfollows an object for ``request.user``.

    Visitors who have not signed in get a link to do so, if there is a page for that. One query,
    none for visitors or where ``Follow.objects.mark`` has marked the object for this kind. The
    template gets ``object``, ``object_name``, ``is_following``, ``follow_url``, ``flag``,
    ``button_id`` and ``sign_in_url``, which is None for a user. On a site that loads htmx, the
    button changes without a new page.
    """
    user = _user(context)
    request = context if isinstance(context, HttpRequest) else context["request"]
    following = getattr(obj, "is_followed", None)
    if following is None or getattr(obj, "is_followed_as", flag) != flag:
        following = Follow.objects.all().is_following(user, obj, flag)
    url = utils.unfollow_link(obj) if following else utils.follow_link(obj)
    shown = {
        "object": obj,
        "object_name": object_name(obj),
        "flag": flag,
        "sign_in_url": None if user.is_authenticated else sign_in_url(request),
        "button_id": f"follow-{slugify(f'{obj._meta.label_lower} {obj.pk} {flag}')}",
    }
    if isinstance(context, HttpRequest):
        names = {"is_following": following, "follow_url": url, **shown}
        return SafeString(get_template(template_name).render(names, context))
    with context.push(is_following=following, follow_url=url, **shown):
        html: SafeString = context.template.engine.get_template(template_name).render(context)
    return html
