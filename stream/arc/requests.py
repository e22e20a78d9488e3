"""What requests name, and where they may lead: the same for pages, feeds, API, admin and follow."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from stream.arc.arc import Arc
from stream.arc.values import is_storable
from stream.arc.visibility import followable_objects, visible_objects

# Databases store durations as microseconds in 64 bits.
DAYS_IN_A_DURATION = 106_751_990

DIGITS_OF_A_DECIMAL = 1000  # databases and Django write all digits out

IMPOSSIBLE = (ValidationError, ValueError, TypeError, ArithmeticError)

#: The headers of htmx on which an answer depends.
HEADERS = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def wants_rows(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page, not for a whole one."""
    asked, boosted, restoring = (request.headers.get(name) == "true" for name in HEADERS)
    return asked and not boosted and not restoring


# Models


def find_model(label: str, arcs: Iterable[Arc]) -> type[Model] | None:
    """Return the model ``app_label.model`` if it is itself registered with one of the arcs.

    Not a proxy or a child of a registered model, whose objects have the parent's addresses.
    """
    app_label, _, name = label.partition(".")
    try:
        model = apps.get_model(app_label, name)
    except LookupError:
        return None
    return model if any(model in arc.models for arc in arcs) else None


# Keys


def clean_key(model: type[Model], text: str) -> Any:
    """Return the key that a text spells, or None for one that no object of the model can have."""
    return clean_value(model._meta.pk, text)


def clean_value(field: Any, text: str) -> Any:
    """Return the value that a text spells, or None if no database has it in such a column.

    Most databases answer a value out of range with an error.
    """
    while field.remote_field:  # a child has the key of its parent
        field = field.target_field
    if not is_storable(text):
        return None
    try:
        value = field.to_python(text)
        field.run_validators(value)
        return _in_range(value)
    except IMPOSSIBLE:
        return None


def _in_range(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():  # 0E+1000000 has one digit
            power = value.adjusted() if value else 0
            return (value or Decimal(0)) if abs(power) < DIGITS_OF_A_DECIMAL else None
        case dt.timedelta():
            return value if abs(value.days) < DAYS_IN_A_DURATION else None
        case dt.datetime():
            if not 1 < value.year < 9999:  # in another zone it is out of the calendar
                return None
            if settings.USE_TZ:
                return timezone.make_aware(value) if timezone.is_naive(value) else value
            return timezone.make_naive(value) if timezone.is_aware(value) else value
        case memoryview():
            return bytes(value)
    return value


# Objects


def find_object(model: type[Model], text: str, reader: Any) -> Model | None:
    """Return the object of a key, by one query; None if the reader may not know of it."""
    return _first(visible_objects(model, reader), clean_key(model, text))


def find_to_follow(model: type[Model], text: str, reader: Any) -> Model | None:
    """Return the object of a key that a reader may begin to follow, by one query, or None."""
    return _first(followable_objects(model, reader), clean_key(model, text))


def find_stored(model: type[Model], text: str) -> Model | None:
    """Return the object of a key, whoever may know of it: to undo what a user did with it."""
    return _first(model._base_manager.all(), clean_key(model, text))


def _first(objects: QuerySet[Any], key: Any) -> Model | None:
    if key is None:
        return None
    try:
        obj: Model | None = objects.filter(pk=key).first()
    except IMPOSSIBLE:  # the database's driver refuses the key
        return None
    return obj


# Where to go


def redirect_hosts() -> list[str]:
    """Return ``STREAM_REDIRECT_HOSTS``: other hosts of the site."""
    hosts: list[str] = getattr(settings, "STREAM_REDIRECT_HOSTS", [])
    return hosts


def check_redirect_hosts(**kwargs: Any) -> list[CheckMessage]:
    """Return E045 where ``STREAM_REDIRECT_HOSTS`` holds what no redirect can lead to."""
    hosts = redirect_hosts()
    is_list = isinstance(hosts, Collection) and not isinstance(hosts, str)
    if is_list and all(isinstance(each, str) and not set(each) & set("/*") for each in hosts):
        return []
    return [
        Error(
            f"STREAM_REDIRECT_HOSTS = {hosts!r:.80}: it is a list of hosts, without scheme, path "
            f"and wildcard.",
            hint='Write them as they stand in addresses: ["shop.example.com", "localhost:8000"].',
            id="stream.E045",
        )
    ]


def safe_url(request: HttpRequest, *urls: Any) -> str:
    """Return the first of these addresses that a redirect may lead to, or "".

    A redirect may lead to the request's host and to ``STREAM_REDIRECT_HOSTS``.
    """
    hosts = {request.get_host(), *redirect_hosts()}
    for url in urls:
        text = str(url or "")
        if is_storable(text) and url_has_allowed_host_and_scheme(
            text, allowed_hosts=hosts, require_https=request.is_secure()
        ):
            return text
    return ""


def sign_in_url(request: HttpRequest) -> str:
    """Return the address to sign in and come back here; "" where the site has no such page."""
    try:
        url = resolve_url(settings.LOGIN_URL)
        if url.startswith("/"):
            path = url.partition("?")[0]
            resolve(f"/{path.removeprefix(get_script_prefix()).removeprefix('/')}")
    except (NoReverseMatch, Resolver404):
        return ""
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode({'next': request.get_full_path()})}"
