"""The format that a request asks for, and status 304 if nothing has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from stream import __version__
from stream.syndication import activitystreams, json_feed, xml
from stream.syndication.documents import Feed


class Format(NamedTuple):
    label: str
    media_types: list[str]
    write: Callable[[Feed], str]

    @property
    def content_type(self) -> str:
        return self.media_types[0]


# Best first, for requests that take any.
FORMATS = {
    "atom": Format("Atom", ["application/atom+xml"], xml.write_atom),
    "rss": Format("RSS", ["application/rss+xml"], xml.write_rss),
    "json": Format(
        "JSON Feed", ["application/feed+json", "application/json"], json_feed.write_json
    ),
    "activity": Format(
        "ActivityStreams", activitystreams.MEDIA_TYPES, activitystreams.write_collection
    ),
}


def choose_format(request: HttpRequest, named: str | None) -> str:
    """Return the name of the format to answer with.

    It is the one in the address, unless ``Accept`` asks for ActivityStreams. An address without a
    format offers all of them, and Atom to requests that accept none.
    """
    offered = [named, "activity"] if named else list(FORMATS)
    media_types = {each: name for name in offered for each in FORMATS[name].media_types}
    return media_types.get(request.get_preferred_type(list(media_types)) or "", offered[0])


def wants_activitystreams(request: HttpRequest) -> bool:
    """Tell whether a request for a page asks for ActivityStreams rather than HTML."""
    offered = ["text/html", *activitystreams.MEDIA_TYPES]
    return request.get_preferred_type(offered) in activitystreams.MEDIA_TYPES


def respond(
    request: HttpRequest, content_type: str, write: Callable[..., str], *data: Any
) -> HttpResponse:
    """Answer with ``write(*data)``, or with 304 before it is written.

    The ETag is made from the data, so it changes with all that a reader sees. There is no
    Last-Modified: a deletion or a new name leaves no date.
    """
    seen = repr((__version__, content_type, data))
    etag = f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        charset = "" if "json" in content_type else "; charset=utf-8"  # JSON is always UTF-8
        response = HttpResponse(write(*data), content_type=f"{content_type}{charset}")
    response.headers["ETag"] = etag
    patch_vary_headers(response, ["Accept"])
    return response
