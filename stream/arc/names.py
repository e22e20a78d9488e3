"""What others are shown of an object: its name and its address."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.db.models import EmailField, Model

from stream.arc.options import ModelOptions, options_of

logger = logging.getLogger("stream")

# What ends or hides a line, or moves the cursor of a terminal.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SURROGATES = re.compile("[\ud800-\udfff]")  # UTF-8 has no place for them
E_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
OTHER_NAMES = ("get_full_name", "get_short_name")
# Browsers take " javascript:" for a script; Python 3.11.0 to 3.11.3 find no scheme in it.
PAGE = re.compile(r"[/?#]|https?:", re.IGNORECASE)


def object_name(obj: Any) -> str:
    """Return the name that others see: ``str(obj)`` on one line, without users' e-mail addresses.

    A user whose name contains the user's address is shown by ``get_full_name()`` or
    ``get_short_name()``, or else as "user 17". An object without a name is also shown so, and one
    whose ``__str__`` fails, which is logged. No query but those of these methods.
    """
    name = name_for_staff(obj)
    return _without_addresses(name, obj) if "@" in name and isinstance(obj, Model) else name


def name_for_staff(obj: Any) -> str:
    """Like ``object_name``, with e-mail addresses: for the admin."""
    return one_line(_said(obj, "name")) or _plain_name(obj)


def object_url(obj: Any) -> str:
    """Return the address of an object's page, as its options say; "" for what is no address."""
    return page_address(_said(obj, "url"))


def object_image(obj: Any) -> str:
    """Return the address of an object's image, as its options say; "" for what is no address."""
    return page_address(_said(obj, "image"))


def page_address(url: str) -> str:
    """Return an address; "" for another text, such as a script that somebody has entered."""
    try:
        urlsplit(url), url.encode()
    except ValueError:  # such as http://[
        return ""
    return url if PAGE.match(url) else ""


def one_line(text: str) -> str:
    """Return a text on one line, without characters that no response can contain."""
    if not text.isprintable():  # seldom
        text = SURROGATES.sub("\ufffd", CONTROLS.sub(" ", text))
    return text.strip()


def _said(obj: Any, option: str) -> str:
    """Return what an object's options say; "" where they fail."""
    options = options_of(obj) if isinstance(obj, Model) else ModelOptions(Model)
    return _text(lambda: getattr(options, option)(obj), option, obj)


def _ask(obj: Any, name: str) -> str:
    """Return what an attribute or a method says; "" where it is not there, or fails."""

    def ask() -> Any:
        value = getattr(obj, name, None)
        return value() if callable(value) else value

    return _text(ask, name, obj)


def _text(ask: Callable[[], Any], name: str, obj: Any) -> str:
    try:
        value = ask()
        return "" if value is None else str(value)
    except Exception:
        logger.exception("%s of %s failed", name, _plain_name(obj) or type(obj))
        return ""


def _plain_name(obj: Any) -> str:
    """Return "user 17"; "" for anything but an object of a model."""
    meta = getattr(obj, "_meta", None)
    if meta is None:
        return ""
    key = "" if obj.pk is None else str(obj.pk)
    return one_line(f"{meta.verbose_name} {'' if E_MAIL.search(key) else key:.80}")


def _without_addresses(name: str, obj: Model) -> str:
    for user in _users_with(obj):
        if user is obj:
            name = _own_name(user, name)
            continue
        for address in _addresses(user, name):
            shown = _own_name(user, name_for_staff(user)).replace("\\", r"\\")
            name = re.sub(re.escape(address), shown, name, flags=re.IGNORECASE)
    return name


def _own_name(user: Any, name: str) -> str:
    """Return a user's name, or another one if it contains the user's address."""
    for ask in ("", *OTHER_NAMES):
        other = one_line(_ask(user, ask)) if ask else name
        held = _addresses(user, other) if "@" in other else []
        if other and not any(address.casefold() in other.casefold() for address in held):
            return other
    return _plain_name(user)


def _users_with(obj: Any) -> Iterator[Any]:
    """Yield the users among an object and the objects that are loaded with it.

    A user that ``__str__`` names is loaded by then.
    """
    found = [obj]
    for each in found:
        if hasattr(each, "USERNAME_FIELD"):
            yield each
        loaded = each._state.fields_cache.values()
        found += [more for more in loaded if isinstance(more, Model) and more not in found]


def _addresses(user: Any, text: str) -> list[str]:
    """Return a user's e-mail addresses, longest first; if one is deferred, also all in the text."""
    fields, deferred = _address_fields(user.__class__), user.get_deferred_fields()
    values = [one_line(_ask(user, field)) for field in fields - deferred]
    values += E_MAIL.findall(text) if fields & deferred else []
    return sorted(filter(E_MAIL.search, values), key=len, reverse=True)


@cache
def _address_fields(model: Any) -> frozenset[str]:
    fields = {field.attname for field in model._meta.fields if isinstance(field, EmailField)}
    return frozenset(fields | {getattr(model, "EMAIL_FIELD", "email"), model.USERNAME_FIELD})
