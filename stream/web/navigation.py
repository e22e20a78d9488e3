"""Where a page leads: the places in the navigation, and signing in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Place:
    """A link in the navigation, with an icon in place of the label where it has one.

    The template, if there is one, shows more, such as a badge.
    """

    url: str
    label: str
    icon: str = ""
    template: str = ""


#: What apps add to the navigation of the pages: each a function of the request.
PLACES: list[Callable[[HttpRequest], list[Place]]] = []


def places(request: HttpRequest) -> list[Place]:
    """Return the places that the navigation of a page leads to, as far as they are there."""
    found = []
    if url := address("stream:feed"):
        found.append(Place(url, _("Home")))
    if url := address("stream:people"):
        found.append(Place(url, _("People")))
    return [*found, *(place for each in PLACES for place in each(request))]


def address(name: str, *args: Any) -> str:
    """Return the address of a name; "" where the site's URLs do not have it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def sign_out_url() -> str:
    """Return the address that signs out by POST, as Django names it; "" where there is none."""
    return address("logout") or address("admin:logout")
