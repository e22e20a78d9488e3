"""The tags and filters of ``stream`` and ``follow`` in Jinja2: ``stream.jinja2.environment``.

A tag that reads the context of Django's templates takes the request in its place:
``{{ render_action(request, action) }}``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from inspect import signature
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.template import Library
from jinja2 import Environment

#: The libraries of tags, by the apps that have them.
LIBRARIES = {
    "stream": "stream.templatetags.stream_tags",
    "stream.live": "stream.live.templatetags.stream_live",
    "stream.notifications": "stream.notifications.templatetags.stream_notifications",
    "stream.syndication": "stream.syndication.templatetags.stream_syndication",
    "follow": "follow.templatetags.follow_tags",
}


def environment(**options: Any) -> Environment:
    """Return an environment with the tags and filters, for the option of Django's ``TEMPLATES``."""
    made = Environment(autoescape=options.pop("autoescape", True), **options)
    install(made)
    return made


def install(environment: Environment) -> None:
    """Add the tags of the installed apps as functions, and their filters, to an environment."""
    for app, path in LIBRARIES.items():
        if apps.is_installed(app):
            library: Library = import_module(path).register
            environment.filters.update(library.filters)
            for name, compiled in library.tags.items():
                # What ``simple_tag`` makes of a function holds it, as functools.wraps() does.
                function = compiled.__wrapped__  # type: ignore[attr-defined]
                if next(iter(signature(function).parameters), "") == "context":
                    function = of_request(function, name)
                environment.globals[name] = function


def of_request(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the function of a tag that takes the request in place of the context."""

    @wraps(function)
    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(request, HttpRequest):
            raise TypeError(
                f"{name}({request!r:.80}, …): pass the request first, as in "
                f"{{{{ {name}(request, …) }}}}"
            )
        return function(request, *args, **kwargs)

    return call
