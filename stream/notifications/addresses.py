"""Addresses of channels: the devices of users for web push, and webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stream.arc import ExactCharField, RelatedName
from stream.notifications.keys import Cascade, CascadeKey

SECRET_PREFIX = "whsec_"  # noqa: S105 - as Standard Webhooks writes secrets


class PushSubscription(models.Model):
    """A browser in which a user wants to be told of notifications.

    Who has the endpoint and the keys can write to it, so they are shown to nobody.
    """

    user: Any = CascadeKey(
        settings.AUTH_USER_MODEL,
        related_name=RelatedName("stream_push_subscriptions"),
        db_index=False,  # the constraint indexes it
        verbose_name=_("user"),
    )
    endpoint = models.TextField(_("endpoint"))
    # Of the endpoint, which is longer than what MariaDB indexes.
    digest = ExactCharField(_("digest"), max_length=64, editable=False)
    p256dh = models.CharField(_("public key"), max_length=100)
    auth = models.CharField(_("secret"), max_length=50)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="stream_pushed_once"),
            Cascade(field="user", name="stream_pushed_user"),
        ]
        indexes = [models.Index(fields=["digest"], name="stream_pushed_digest")]

    def __str__(self) -> str:
        return host_of(self.endpoint)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.digest = digest_of(self.endpoint)
        super().save(*args, **kwargs)


def host_of(url: str) -> str:
    """Return the host of an address: the rest may be secret."""
    return url.partition("//")[2].partition("/")[0].rpartition("@")[2]


def digest_of(endpoint: str) -> str:
    """Return the SHA-256 of an endpoint in hexadecimal digits."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def new_secret() -> str:
    """Return a new secret, such as "whsec_…", of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the bytes that a secret stands for. Raises ValueError."""
    try:
        found = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"a secret is base64: {error}") from error
    if not 24 <= len(found) <= 64:
        raise ValueError(f"a secret has 24 to 64 bytes, this one has {len(found)}")
    return found


def check_secret(secret: str) -> None:
    """Raise ValidationError for a text that is no secret."""
    try:
        secret_bytes(secret)
    except ValueError:
        raise ValidationError(
            _("Write “whsec_” and 24 to 64 random bytes in base64."), code="secret"
        ) from None


class Webhook(models.Model):
    """An address to which the notifications of a user are posted, signed with its secret."""

    user: Any = CascadeKey(
        settings.AUTH_USER_MODEL,
        related_name=RelatedName("stream_webhooks"),
        verbose_name=_("user"),
    )
    url = models.CharField(
        _("address"), max_length=2000, validators=[URLValidator(schemes=["https", "http"])]
    )
    secret = models.CharField(
        _("secret"), max_length=100, default=new_secret, validators=[check_secret]
    )
    is_active = models.BooleanField(_("is active"), default=True)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [Cascade(field="user", name="stream_webhook_user")]

    def __str__(self) -> str:
        return host_of(self.url)
