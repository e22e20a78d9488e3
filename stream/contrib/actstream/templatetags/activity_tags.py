"""``{% load activity_tags %}``: the old tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.urls import reverse
from django.utils.safestring import SafeString

from follow.models import Follow
from stream.contrib.actstream.names import content_type
from stream.contrib.actstream.telling import quiet, tell
from stream.contrib.deprecation import deprecated_tag
from stream.contrib.old_modules import old_names
from stream.models import Action

register = template.Library()


def old_tag(
    new: str, name: str | None = None, takes_context: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a tag that tells, when its template is compiled, what to write instead."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        tag = name or function.__name__
        register.simple_tag(function, takes_context=takes_context, name=tag)
        compile_tag = register.tags[tag]

        def compile_and_tell(parser: Parser, token: Token) -> Any:
            deprecated_tag(parser, token, new)
            return compile_tag(parser, token)

        register.tags[tag] = compile_and_tell
        return function

    return decorate


@old_tag("{% render_action action %} of stream_tags")
def display_action(context: Any, action: Any) -> SafeString:
    """Show an action by ``actstream/<verb>/action.html``, or else ``actstream/action.html``."""
    context["action"] = action
    names = [f"actstream/{action.verb.replace(' ', '_')}/action.html", "actstream/action.html"]
    found: SafeString = context.template.engine.select_template(names).render(context)
    return found


@old_tag('{% stream "actor" user as stream %} of stream_tags')
def activity_stream(context: Any, stream_type: str, *args: Any, **kwargs: Any) -> str:
    """Put a stream into the context, under the name ``stream`` or what ``as=`` says."""
    name = "model_actions" if stream_type == "model" else stream_type
    variable = kwargs.pop("as", "stream")
    if not hasattr(Action.objects, name):
        raise template.TemplateSyntaxError(
            f"activity_stream: {stream_type!r:.80} is no stream of Action.objects."
        )
    with quiet():
        context[variable] = getattr(Action.objects, name)(*args, **kwargs)
    return ""


@old_tag("{% follow_form obj %} of follow_tags, a button: its address takes POST")
def follow_url(context: Any, obj: Any, flag: str = "") -> str:
    """Return the old address that follows or unfollows an object."""
    return _follow_address(context, "actstream_follow", obj, flag)


@old_tag("{% follow_form obj %} of follow_tags, and register the model with actor_only=False")
def follow_all_url(context: Any, obj: Any, flag: str = "") -> str:
    """Return the old address that follows an object in every role, or unfollows it."""
    return _follow_address(context, "actstream_follow_all", obj, flag)


def _follow_address(context: Any, name: str, obj: Any, flag: str) -> str:
    follows: Any = Follow.objects.all()
    if follows.is_following(context.get("user"), obj, flag or None):
        name = "actstream_unfollow"
    args = {"content_type_id": content_type(obj._meta.model).pk, "object_id": obj.pk}
    return reverse(name, kwargs=args | ({"flag": flag} if flag else {}))


@old_tag('{% stream_url obj "actor" %} of stream_tags', takes_context=False)
def actor_url(obj: Any) -> str:
    """Return the old address of what an object does."""
    return reverse("actstream_actor", args=[content_type(obj._meta.model).pk, obj.pk])


@register.filter
def is_following(user: Any, obj: Any) -> bool:
    """Tell whether a user follows an object in any way."""
    tell("user|is_following:obj", "{% is_following user obj flag=None as yes %}")
    return _is_following(user, obj, "")


@old_tag(
    "{% is_following user obj flag=… as yes %} of follow_tags; for any kind flag=None",
    name="is_following",
    takes_context=False,
)
def is_following_tag(user: Any, obj: Any, flag: str) -> bool:
    """Tell whether a user follows an object with a flag, or in any way for ""."""
    return _is_following(user, obj, flag)


def _is_following(user: Any, obj: Any, flag: str) -> bool:
    follows: Any = Follow.objects.all()
    return bool(follows.is_following(user or None, obj, flag or None))


TAGS = "tags are functions; write one of your own"
__getattr__ = old_names(
    __name__,
    gone=dict.fromkeys(
        (
            "AsNode",
            "DisplayAction",
            "DisplayActivityActorUrl",
            "DisplayActivityFollowUrl",
            "IsFollowing",
        ),
        TAGS,
    ),
)
