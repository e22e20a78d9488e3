"""The secrets in the addresses of home feeds."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stream.arc import RelatedName

# Otherwise Django would take this for a model of the app "stream".
if not apps.is_installed("stream.syndication"):
    raise ImproperlyConfigured(
        "stream.syndication: the app is not installed; add 'stream.syndication' to INSTALLED_APPS."
    )


def new_key() -> str:
    return secrets.token_urlsafe(32)


def _signer() -> signing.Signer:
    return signing.Signer(salt="stream.syndication.token")


def password_marks(user: Any) -> list[str]:
    """Return hashes that change with a user's password, as those of sessions do.

    The first is made with ``SECRET_KEY``, the others with its fallbacks.
    """
    now = getattr(user, "get_session_auth_hash", str)()
    by_fallbacks: Iterable[str] = getattr(user, "get_session_auth_fallback_hash", tuple)()
    return [hashlib.sha256(each.encode()).hexdigest()[:16] for each in (now, *by_fallbacks)]


class FeedTokenManager(models.Manager["FeedToken"]):
    def of(self, user: Any) -> FeedToken | None:
        """Return the token of a user, or None. One query."""
        token = self.filter(user=user).first()
        if token:
            token.user = user  # whom the secret would read
        return token

    def renew(self, user: Any) -> FeedToken:
        """Give a user a new token. The one before, if any, stops working."""
        values = {"key": new_key(), "created": timezone.now()}
        return self.update_or_create(user=user, defaults=values)[0]

    def revoke(self, user: Any) -> bool:
        """Take a user's token away; tell whether there was one."""
        return bool(self.filter(user=user).delete()[0])

    def find(self, secret: str) -> FeedToken | None:
        """Return the token with a secret if its user is active, or None. One query."""
        try:
            key, _, mark = _signer().unsign(secret).partition(".")
        except (signing.BadSignature, UnicodeError):  # lone surrogates
            return None
        token = self.select_related("user").filter(key=key).first()
        if token is None or not getattr(token.user, "is_active", True):
            return None
        return token if mark in password_marks(token.user) else None


class FeedToken(models.Model):
    """A token by which a feed reader, which cannot sign in, reads a user's home feed.

    The table holds a random key. The address holds the key with the site's signature: neither the
    table nor the site's ``SECRET_KEY`` alone gives an address away. A new password ends the token.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name=RelatedName("feed_token"),
        verbose_name=_("user"),
    )
    key = models.CharField(_("key"), max_length=43, unique=True, default=new_key, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[FeedTokenManager] = FeedTokenManager()

    class Meta:
        verbose_name = _("feed token")
        verbose_name_plural = _("feed tokens")

    def __str__(self) -> str:
        return str(self.user)  # never the key: it would end up in logs

    @property
    def secret(self) -> str:
        """The token as it stands in the address."""
        return _signer().sign(f"{self.key}.{password_marks(self.user)[0]}")
