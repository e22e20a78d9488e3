"""The frame that a site gives to pages: its base template, with our blocks inside its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template import Engine, Template, TemplateDoesNotExist
from django.template.loader import get_template

from stream.conf import base_blocks, base_template

OWN_BASE = "stream/pages/base.html"

#: The blocks that pages fill, as ``stream_title`` and so on, and what a base template calls them.
BLOCKS = {"title": "title", "content": "content", "head": "stream_head"}

#: What apps add to the head of the plain frame: each a function of the request.
SCRIPTS: list[Callable[[HttpRequest], str]] = []


def engine() -> Engine:
    """Return the template engine of the pages: Django's, also if a site has Jinja2, too."""
    own: Any = get_template(OWN_BASE)
    found: Engine = own.backend.engine
    return found


def frame() -> Template:
    """Return the template that pages extend: the site's, ``base.html``, or else a plain one.

    Raises TemplateDoesNotExist if the site's setting names a template that is missing.
    """
    name, names = base_template() or "base.html", blocks()
    try:
        engine().get_template(name)
    except TemplateDoesNotExist:
        if base_template():
            raise
        name, names = OWN_BASE, BLOCKS
    return adapter(engine(), name, tuple(names.items()))


def blocks() -> dict[str, str]:
    """Return the names of the blocks of the site's base template, by those of ours."""
    return {**BLOCKS, **base_blocks()}


@lru_cache(maxsize=16)
def adapter(engine: Engine, name: str, blocks: tuple[tuple[str, str], ...]) -> Template:
    """Return a template that extends another and has our blocks inside its own."""
    source = f'{{% extends "{name}" %}}'
    for ours, theirs in blocks:
        inner = f"{{% block stream_{ours} %}}{{% endblock %}}"
        if ours == "head":  # where other pages may stand as well
            inner = f"{{{{ block.super }}}}{inner}"
        if theirs != f"stream_{ours}":
            source += f"{{% block {theirs} %}}{inner}{{% endblock %}}"
    return engine.from_string(source)
