"""The secrets in the addresses of home feeds."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.core import signing
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_key() -> str:
    return secrets.token_urlsafe(32)


def _signer() -> signing.Signer:
    return signing.Signer(salt="stream.syndication.token")


class FeedTokenManager(models.Manager["FeedToken"]):
    def renew(self, user: Any) -> FeedToken:
        """Give a user a new token. The one before, if any, stops working."""
        values = {"key": new_key(), "created": timezone.now()}
        return self.update_or_create(user=user, defaults=values)[0]

    def revoke(self, user: Any) -> bool:
        """Take a user's token away; tell whether there was one."""
        return bool(self.filter(user=user).delete()[0])

    def find(self, secret: str) -> FeedToken | None:
        """Return the token of an active user, in one query; None for any other text."""
        try:
            key = _signer().unsign(secret)
        except (signing.BadSignature, UnicodeError):  # lone surrogates
            return None
        token = self.select_related("user").filter(key=key).first()
        return token if token and getattr(token.user, "is_active", True) else None


class FeedToken(models.Model):
    """What lets a feed reader, which cannot sign in, read a user's home feed.

    The table holds a random key, the address the key with the site's signature: neither the
    table nor the site's ``SECRET_KEY`` alone gives an address away.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="feed_token",
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
        return _signer().sign(self.key)
