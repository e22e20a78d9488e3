"""Absolute addresses, and the ids of feeds and what is in them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote as percent_quote, urlsplit

from django.http import HttpRequest

from stream.syndication.cleaning import clean

TAG_DATE = "2026"  # a part of every id, by RFC 4151, which must never change


def tag(request: HttpRequest, *parts: Any) -> str:
    """Return the tag URI of something on this site.

    It holds no scheme, port or path, so it outlives a move to HTTPS or to another URLconf.
    """
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    authority = re.sub(r"[^a-z0-9.-]+", "-", host).strip("-.") or "localhost"  # no IPv6 in tags
    path = "/".join(percent_quote(clean(str(part)), safe="") for part in parts)
    return f"tag:{authority},{TAG_DATE}:{path}"


def absolute(request: HttpRequest, url: Any) -> str:
    """Return a URL with scheme and host, or "" if there is none."""
    return request.build_absolute_uri(clean(str(url))) if url else ""


def page_of(request: HttpRequest, *urls: str) -> str:
    """Return the page of a feed: the first URL that is not empty, or the site's."""
    return absolute(request, next(filter(None, urls), "/"))
