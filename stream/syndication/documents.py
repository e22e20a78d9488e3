"""A page of actions as plain data, from which every format is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import linebreaks_filter
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import get_language

from stream.arc.names import object_name, object_url
from stream.models import Action
from stream.paging import Page
from stream.paging.views import asked_cursor
from stream.syndication.addresses import absolute, tag
from stream.syndication.cleaning import clean, one_line
from stream.syndication.vocabulary import activity_type, object_type
from stream.templatetags.stream_tags import object_link, place_phrase
from stream.text import sentence
from stream.web.links import model_path

NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # of an empty feed, which needs a constant time


@dataclass(frozen=True)
class Party:
    """An object in a role. If it is gone it has no name and URL, and perhaps no id."""

    id: str
    type: str
    name: str = ""
    url: str = ""
    is_gone: bool = False

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return self.url


@dataclass(frozen=True)
class Entry:
    """An action. ``summary``, ``content`` and ``place`` ("in Apollo", or "") are HTML.

    ``type`` is "" for an extension.
    """

    id: str
    url: str
    title: str
    summary: str
    content: str
    published: dt.datetime
    verb: str
    type: str
    actor_name: str
    actor: Party
    action_object: Party | None
    target: Party | None
    context: Party | None
    place: str

    @property
    def tags(self) -> tuple[str, ...]:
        """What readers of feeds may sort it by: the name of its context."""
        return (self.context.name,) if self.context and self.context.name else ()

    @property
    def html(self) -> str:
        """The summary with its place, and the content."""
        place = f" {self.place}" if self.place else ""
        return f"<p>{self.summary}{place}</p>{self.content}"


@dataclass(frozen=True)
class Feed:
    """A page of a feed, or without ``is_page`` the feed itself. All addresses are absolute."""

    id: str
    title: str
    link: str
    address: str
    self_address: str
    is_page: bool
    next: str | None
    previous: str | None
    namespace: str
    language: str | None
    entries: tuple[Entry, ...]

    @property
    def updated(self) -> dt.datetime:
        return max((entry.published for entry in self.entries), default=NEVER)

    @property
    def first(self) -> str:
        return with_query(self.address, {"page": "first"})


def with_query(address: str, query: Mapping[str, str]) -> str:
    """Return an address with a query added to it."""
    if not query:
        return address
    text = query.urlencode() if isinstance(query, QueryDict) else urlencode(query)
    return f"{address}{'&' if '?' in address else '?'}{text}"


def make_feed(
    request: HttpRequest, page: Page[Action], *, id: str, title: str, link: str, address: str
) -> Feed:
    """Make a feed from a page of actions that are loaded with their objects. No query."""
    cursors = asked_cursor(request)
    is_first = request.GET.get("page") == "first"
    query = cursors or ({"page": "first"} if is_first else {})
    return Feed(
        id=id,
        title=one_line(title),
        link=link,
        address=address,
        self_address=with_query(address, query),
        is_page=bool(query),
        next=with_query(address, {"after": page.next}) if page.next else None,
        previous=with_query(address, {"before": page.previous}) if page.previous else None,
        namespace=tag(request, "verb", ""),
        language=get_language(),
        entries=tuple(make_entry(request, action) for action in page),
    )


def make_entry(request: HttpRequest, action: Action) -> Entry:
    pattern, parts = sentence(action)
    text = clean(action.description).strip()
    parties = {role: make_party(request, action, role) for role in action.arcs}
    # First the names of all parts, also of those without an object: a verb, or "someone".
    named: dict[str, Any] = {name: one_line(object_name(part)) for name, part in parts.items()}
    named |= {role: party for role, party in parties.items() if party}
    links: Mapping[str, Any] = {name: object_link(part) for name, part in named.items()}
    context = parties["context"]
    says_where = context and not context.is_gone and "context" not in parts
    return Entry(
        id=tag(request, *model_path(Action), action.pk),
        url=absolute(request, action.get_absolute_url()),
        title=one_line(pattern.format(**named)),
        summary=str(format_html(pattern, **links)),
        content=str(linebreaks_filter(text, autoescape=True)) if text else "",
        published=in_utc(action.datetime),
        verb=clean(action.verb),
        type=activity_type(action.verb),
        actor_name=str(named["actor"]),
        actor=parties["actor"] or Party(id="", type="Object", is_gone=True),
        action_object=parties["action_object"],
        target=parties["target"],
        context=context,
        place=place_phrase(context) if says_where else "",
    )


def make_party(request: HttpRequest, action: Action, role: str) -> Party | None:
    """Return the object in a role, or None if nothing ever had the role."""
    field = action.arcs[role].filled_field(action)
    if not field:
        return None
    obj: Model | None = getattr(action, role)
    model = type(obj) if obj else field.related_model
    pk = obj.pk if obj else getattr(action, field.attname)
    party_id, party_type = tag(request, *model_path(model), pk), object_type(model)
    if obj is None:
        return Party(id=party_id, type=party_type, is_gone=True)
    name = one_line(object_name(obj))
    return Party(party_id, party_type, name, absolute(request, object_url(obj)))


def in_utc(when: dt.datetime) -> dt.datetime:
    return (make_aware(when) if is_naive(when) else when).astimezone(dt.UTC)
