"""Addresses for those who read outside of the site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core import signing
from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch, reverse

LIST = "stream_notifications:list"


def site_url() -> str:
    """Return ``STREAM_SITE_URL``, such as "https://example.com", without a slash at the end."""
    return str(getattr(settings, "STREAM_SITE_URL", "")).rstrip("/")


def site_name() -> str:
    """Return ``STREAM_SITE_NAME``, or the host of the site."""
    return str(getattr(settings, "STREAM_SITE_NAME", "")) or urlsplit(site_url()).netloc


def absolute(url: str) -> str:
    """Return an address with scheme and host."""
    return urljoin(f"{site_url()}/", url)


def address(name: str, *args: object) -> str:
    """Return the whole address of a page of notifications."""
    return absolute(reverse(f"stream_notifications:{name}", args=args))


def unsubscribe_url(user_key: object, channel: str, kind: str) -> str:
    """Return the address by which a user ends a kind in a channel, or all, without signing in."""
    return address(
        "unsubscribe", _signer().sign_object([str(user_key), channel, kind], compress=True)
    )


def read_token(token: str) -> tuple[str, str, str]:
    """Return the user's key, the channel and the kind. Raises BadSignature."""
    key, channel, kind = _signer().unsign_object(token)
    return key, channel, kind


def _signer() -> signing.Signer:
    return signing.Signer(salt="stream.notifications.unsubscribe")


def check_site(needed_by: str) -> Iterator[CheckMessage]:
    """Yield E005 where no address can be written into what a channel sends."""
    try:
        parts = urlsplit(site_url())
    except ValueError:  # such as a bracket alone
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        yield Error(
            f"STREAM_SITE_URL = {site_url()!r:.80}: {needed_by} must write whole addresses.",
            hint="Write the address of the site, such as STREAM_SITE_URL = 'https://example.com'.",
            id="stream_notifications.E005",
        )
    try:
        has_pages = bool(getattr(settings, "ROOT_URLCONF", "") and reverse(LIST))
    except NoReverseMatch:
        has_pages = False
    if not has_pages:
        yield Error(
            f"{needed_by} must lead to the pages of notifications, which the site has not.",
            hint='Add path("notifications/", include("stream.notifications.urls")) to the urls.',
            id="stream_notifications.E006",
        )
