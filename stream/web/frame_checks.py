"""System checks of the base template: whether it has the blocks that pages fill.

They read the nodes of Django's templates, which are private API; tests of pages notice changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning as CheckWarning
from django.template import Template, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import VariableNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.urls import URLResolver, get_resolver

from stream.conf import base_blocks, base_template
from stream.web.frame import BLOCKS, blocks, engine
from stream.web.pages import SitePageMixin


def check_frame(**kwargs: Any) -> list[CheckMessage]:
    """Check the base template and its blocks, if the URLconf has pages that extend it."""
    if wrong := _check_blocks():
        return wrong
    if not getattr(settings, "ROOT_URLCONF", None) or not any(_pages(get_resolver())):
        return []
    name = base_template() or "base.html"
    try:
        templates = ancestry(name)
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        is_missing = isinstance(error, TemplateDoesNotExist)
        if is_missing and str(error) == name and not base_template():
            return []
        what = f"there is no template {str(error)!r}" if is_missing else str(error)
        return [
            Error(
                f"The pages of stream extend {name!r}, which cannot be read: {what}.",
                hint="Set STREAM_BASE_TEMPLATE to the template that the pages of your site extend.",
                id="stream.E056",
            )
        ]
    if templates is None:
        return []
    there = shown_blocks(templates)
    return [
        CheckWarning(
            f"The pages of stream fill the block {blocks()[ours]!r} of {name!r}, which has no such "
            f"block: {lost}.",
            hint="Name the block that it has: "
            f"STREAM_BASE_BLOCKS = {{{ours!r}: {_likely(ours, there)!r}}}.",
            id="stream.W055",
        )
        for ours, lost in (("content", "they stay empty"), ("title", "they have no title"))
        if blocks()[ours] not in there
    ]


def check_has_frame(**kwargs: Any) -> list[CheckMessage]:
    """Check, for a deployment, that the pages extend a template of the site."""
    if base_template() or not any(_pages(get_resolver())):
        return []
    try:
        engine().get_template("base.html")
    except TemplateDoesNotExist:
        return [
            CheckWarning(
                "The site has no template 'base.html', so the pages of stream have a plain frame "
                "of their own.",
                hint="Set STREAM_BASE_TEMPLATE to the template that the pages of your site extend; "
                "'stream/pages/base.html' is the plain frame.",
                id="stream.W056",
            )
        ]
    except TemplateSyntaxError:
        pass  # which E056 tells
    return []


def _check_blocks() -> list[CheckMessage]:
    chosen: Any = base_blocks()
    if isinstance(chosen, dict):
        is_known = set(chosen) <= set(BLOCKS)
        are_names = all(
            isinstance(name, str) and re.fullmatch(r"[\w.-]+", name) for name in chosen.values()
        )
        if is_known and are_names and len(set(blocks().values())) == len(BLOCKS):
            return []
    return [
        Error(
            f"STREAM_BASE_BLOCKS is {chosen!r:.200}, not the names of blocks.",
            hint=f"Write a dict such as {BLOCKS!r}: one block of your base template for each.",
            id="stream.E057",
        )
    ]


def _pages(resolver: URLResolver) -> Iterator[type[SitePageMixin]]:
    """Yield the views of the URLconf that extend the base template."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _pages(pattern)
            continue
        view = getattr(pattern.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, SitePageMixin):
            yield view


def ancestry(name: str) -> list[Template] | None:
    """Return a template and those that it extends, or None if it extends a variable."""
    templates = [engine().get_template(name)]
    while extends := [each for each in templates[-1].nodelist if isinstance(each, ExtendsNode)]:
        parent: Any = getattr(extends[0].parent_name, "var", None)  # a text, or a variable
        if not isinstance(parent, str) or len(templates) > 50:
            return None
        templates.append(engine().get_template(parent))
    return templates


def shown_blocks(templates: list[Template]) -> set[str]:
    """Return the blocks of the last template that the templates before it show.

    A block inside another is lost if a template nearer to the page replaces the outer one.
    """
    defined: dict[str, list[Any]] = {}
    for template in templates:
        nodes: Any = template.nodelist
        for node in nodes.get_nodes_by_type(BlockNode):
            defined.setdefault(node.name, []).append(node)
    found: set[str] = set()
    open_nodes = list(_outer_blocks(templates[-1].nodelist))
    while open_nodes:
        name = open_nodes.pop().name
        if name in found:
            continue
        found.add(name)
        for node in defined[name]:
            open_nodes += _outer_blocks(node.nodelist)
            variables = node.nodelist.get_nodes_by_type(VariableNode)
            if not any(str(each.filter_expression) == "block.super" for each in variables):
                break
    return found


def _outer_blocks(nodes: Any) -> Iterator[Any]:
    """Yield the blocks among the nodes, but none inside another block."""
    for node in nodes:
        if isinstance(node, BlockNode):
            yield node
            continue
        for name in getattr(node, "child_nodelists", ()):
            yield from _outer_blocks(getattr(node, name, None) or ())


def _likely(ours: str, names: set[str]) -> str:
    """Return the block that the site most likely means."""
    usual = {"content": ("main", "body", "page_content"), "title": ("head_title", "page_title")}
    return next((name for name in usual[ours] if name in names), "…")
