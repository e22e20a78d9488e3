"""Whether who listens is still signed in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

MARK_LETTERS = 32


@dataclass(frozen=True, slots=True)
class Reader:
    """Who listens: the key of the user, and of the session if that is what signs in."""

    user: Any
    session: str | None = None


def reader_of(request: HttpRequest, user: Any) -> Reader:
    """Return who listens. Sites that sign in otherwise, as by a proxy, have no user in sessions."""
    session = getattr(request, "session", None)
    if session is None or SESSION_KEY not in session:
        return Reader(user.pk)
    return Reader(user.pk, session.session_key)


def mark_of(session: str | None) -> str:
    """Return what stands for a session in hints: whoever reads them cannot sign in by it."""
    return salted_hmac("stream.live", session or "", algorithm="sha256").hexdigest()[:MARK_LETTERS]


def user_of(reader: Reader) -> Any:
    """Return the user, read anew; None for one who is not signed in any more. Two queries.

    It changes nothing, unlike ``django.contrib.auth.get_user``, which may give a session another
    key, of which the browser would not hear.
    """
    if reader.session is None:
        users = get_user_model()._default_manager
        user: Any = users.filter(pk=reader.user).first()
        return user if user is not None and user.is_active else None
    session = import_module(settings.SESSION_ENGINE).SessionStore(reader.session)
    path = session.get(BACKEND_SESSION_KEY)
    if session.get(SESSION_KEY) != get_user_model()._meta.pk.value_to_string(
        get_user_model()(pk=reader.user)
    ):
        return None
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(path).get_user(reader.user)
    return user if user is not None and has_password_of(user, session) else None


def has_password_of(user: Any, session: Any) -> bool:
    """Tell whether a session was begun with the password that the user has now."""
    if not hasattr(user, "get_session_auth_hash"):
        return True
    known = session.get(HASH_SESSION_KEY) or ""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(known, each) for each in hashes)
