"""Notifications by web push: to browsers, also while the site is not open in them."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error
from django.db import router, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from stream.arc.names import one_line
from stream.jobs.models import GiveUpError
from stream.notifications.addresses import PushSubscription, digest_of
from stream.notifications.channels.base import Channel
from stream.notifications.channels.conf import channels
from stream.notifications.channels.posting import GoneError, post
from stream.notifications.people import language_of
from stream.notifications.site import check_site, site_name

if TYPE_CHECKING:
    from stream.notifications.deliveries import Delivery
    from stream.notifications.models import Notification

#: The push services of Chrome and Edge, Firefox, Edge on Windows, and Safari.
PUSH_SERVICES = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "updates.push.services.mozilla.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.apple.com",
)
SUBSCRIPTIONS_PER_USER = 20
CHARACTERS_OF_ENDPOINTS = 2048
# Push services take 4,096 bytes, of which encryption needs 103.
BYTES_OF_MESSAGES = 3900
CHARACTERS_OF_TITLES = 100
HOURS_OF_TOKENS = 12


class WebPushChannel(Channel):
    """Shows what is new on the devices on which users have asked for it."""

    label = _("On your devices")
    addresses = "stream_push_subscriptions"
    template = "stream/notifications/_push.html"

    #: The key that ``manage.py make_vapid_keys`` makes.
    private_key = ""
    #: Whom push services can write to, such as "mailto:admin@example.com".
    subject = ""
    #: For how many seconds push services keep what a device cannot be told yet.
    ttl = 24 * 3600
    #: Seconds until an attempt to reach a push service fails.
    timeout = 10.0
    #: Other push services: hosts, "*.example.com" for all below, or with a port.
    hosts: Sequence[str] = ()

    def send(self, delivery: Delivery, notification: Notification) -> None:
        rows = PushSubscription._default_manager.using(delivery._state.db)
        key: Any = delivery.address
        subscription = rows.filter(pk=key, user_id=delivery.recipient_id).first()
        from requests import Session  # which pywebpush needs

        if subscription is None:  # ended meanwhile
            delivery.state = delivery.State.SKIPPED
            return
        if not self.allows(subscription.endpoint):
            raise GiveUpError(f"no push service of the site: {subscription}")
        try:
            body = self._encrypted(subscription, self.message(delivery, notification))
        except ValueError as error:
            raise GiveUpError(f"the keys of the subscription are wrong: {error}") from error
        headers = {
            **self._signed(subscription.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self.ttl),
        }
        try:
            with Session() as session:
                post(session, subscription.endpoint, body, headers, self.timeout, gone=(404, 410))
        except GoneError:
            subscription.delete()
            raise

    def message(self, delivery: Delivery, notification: Notification) -> bytes:
        """Return the JSON that the service worker shows, in the language of the user."""
        with translation.override(language_of(delivery.recipient)):
            text = one_line(notification.action.get_sentence())
            said = {
                "title": site_name()[:CHARACTERS_OF_TITLES],
                "body": text,
                "url": reverse("stream_notifications:open", args=[notification.pk]),
                "tag": f"stream-{notification.pk}",  # what is sent twice is shown once
                "level": notification.level_name,
            }
        while len(message := json.dumps(said, ensure_ascii=False).encode()) > BYTES_OF_MESSAGES:
            text = text[: len(text) * 3 // 4]
            said["body"] = f"{text}…"
        return message

    def _encrypted(self, subscription: PushSubscription, message: bytes) -> bytes:
        from pywebpush import WebPusher

        keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
        body: bytes = pusher.encode(message)["body"]
        return body

    def _signed(self, endpoint: str) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + HOURS_OF_TOKENS * 3600,
            "sub": self.subject,
        }
        headers: dict[str, str] = self._vapid().sign(claims)
        return headers

    def _vapid(self) -> Any:
        from py_vapid import Vapid

        return Vapid.from_string(self.private_key)

    @property
    def public_key(self) -> str:
        """The key by which browsers subscribe."""
        return public_key_of(self._vapid())

    def allows(self, endpoint: str) -> bool:
        """Tell whether an endpoint is of a known push service.

        Browsers send it, so anybody can name any address.
        """
        if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
            return False
        if len(endpoint) > CHARACTERS_OF_ENDPOINTS or "\\" in endpoint:
            return False
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.scheme != "https" or "@" in parts.netloc or not host:
            return False
        if port not in (None, 443):
            host = f"{host}:{port}"
        return any(_matches(host, known) for known in (*PUSH_SERVICES, *self.hosts))

    def subscribe(self, user: Any, said: Any) -> PushSubscription:
        """Keep what ``PushSubscription.toJSON()`` of a browser says. Raises ValueError.

        The oldest of more than 20 go, and those of others in the same browser.
        """
        endpoint, keys = endpoint_of(said), said.get("keys")
        if not self.allows(endpoint):
            raise ValueError("the endpoint is of no known push service")
        if not isinstance(keys, Mapping):
            raise ValueError("the keys are missing")
        values = {"p256dh": _key(keys, "p256dh", 65), "auth": _key(keys, "auth", 16)}
        using = router.db_for_write(PushSubscription, instance=user)
        with transaction.atomic(using=using):
            rows = PushSubscription._default_manager.using(using)
            rows.filter(digest=digest_of(endpoint), **values).exclude(user_id=user.pk).delete()
            made, _is_new = rows.update_or_create(
                user_id=user.pk,
                digest=digest_of(endpoint),
                defaults={"endpoint": endpoint, **values},
            )
            own = rows.filter(user_id=user.pk).exclude(pk=made.pk).order_by("-pk")
            oldest = list(own.values_list("pk", flat=True)[SUBSCRIPTIONS_PER_USER - 1 :])
            rows.filter(pk__in=oldest).delete()
        return made

    def check(self) -> Iterator[CheckMessage]:
        yield from check_site(f"The channel {self.name!r}")
        if not find_spec("pywebpush"):
            yield Error(
                f"The channel {self.name!r} needs the package pywebpush.",
                hint="Run: pip install 'django-stream[push]'",
                id="stream_notifications.E007",
            )
            return
        if wrong := self._wrong():
            yield Error(
                f"STREAM_CHANNELS[{self.name!r}]['OPTIONS']{wrong}",
                hint="Run: python manage.py make_vapid_keys",
                id="stream_notifications.E008",
            )

    def _wrong(self) -> str:
        """Return what is wrong with the options; "" for nothing. Shows no key."""
        try:
            _ = self.public_key
        except Exception:  # of several libraries
            return "['private_key'] is no key of VAPID."
        if not str(self.subject).startswith(("mailto:", "https://")):
            return (
                f"['subject'] = {self.subject!r:.80}: write whom push services can write to, such "
                f"as 'mailto:admin@example.com'."
            )
        if isinstance(self.hosts, str) or not all(isinstance(each, str) for each in self.hosts):
            return f"['hosts'] = {self.hosts!r:.80}: write a list of hosts."
        if not isinstance(self.ttl, int) or self.ttl < 0:
            return f"['ttl'] = {self.ttl!r:.80}: write whole seconds, from 0 on."
        if not isinstance(self.timeout, int | float) or self.timeout <= 0:
            return f"['timeout'] = {self.timeout!r:.80}: write seconds, more than 0."
        return ""


def push_channel() -> WebPushChannel | None:
    """Return the first channel of the site that is web push; None if there is none."""
    found = (each for each in channels().values() if isinstance(each, WebPushChannel))
    return next(found, None)


def public_key_of(vapid: Any) -> str:
    """Return a public key as browsers take it."""
    numbers = vapid.public_key.public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def endpoint_of(said: Any) -> str:
    """Return the endpoint of a subscription as JSON has it. Raises ValueError."""
    endpoint = said.get("endpoint") if isinstance(said, Mapping) else None
    if not isinstance(endpoint, str) or not endpoint:
        raise ValueError("the endpoint is missing")
    return endpoint


def _key(keys: Mapping[str, Any], name: str, size: int) -> str:
    key = keys.get(name)
    try:
        text = str(key).rstrip("=").replace("+", "-").replace("/", "_")
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not isinstance(key, str) or len(key) > size * 2 or len(raw) != size:
        raise ValueError(f"the key {name} is wrong")
    if name == "p256dh" and raw[:1] != b"\x04":
        raise ValueError(f"the key {name} is wrong")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _matches(host: str, known: str) -> bool:
    return host.endswith(known[1:]) if known.startswith("*.") else host == known
