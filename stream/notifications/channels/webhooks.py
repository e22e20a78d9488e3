"""Notifications as webhooks: posted to addresses, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from stream.arc.names import object_name, object_url, one_line
from stream.jobs.models import GiveUpError
from stream.notifications.addresses import Webhook, secret_bytes
from stream.notifications.channels.base import Channel
from stream.notifications.channels.posting import GoneError, post
from stream.notifications.people import language_of
from stream.notifications.site import absolute, address, check_site
from stream.text import ROLES

if TYPE_CHECKING:
    from stream.notifications.deliveries import Delivery
    from stream.notifications.models import Notification


class WebhookChannel(Channel):
    """Posts what is new to the webhooks of a user, as JSON.

    Receivers check the signature with the webhook's secret. An address inside the site's own
    networks is refused, and no redirect is followed.
    """

    label = _("Webhooks")
    addresses = "stream_webhooks"
    address_lookups = {"is_active": True}

    #: Seconds until an attempt fails.
    timeout = 10.0
    #: Whether addresses may begin with http://.
    allow_http = False
    #: Whether addresses may be in private networks or on this machine.
    allow_private = False

    def is_offered_to(self, user: Any) -> bool:
        return bool(Webhook._default_manager.filter(user_id=user.pk).exists())

    def send(self, delivery: Delivery, notification: Notification) -> None:
        from requests.exceptions import InvalidURL
        from requests_hardened.ip_filter import InvalidIPAddress

        rows = Webhook._default_manager.using(delivery._state.db)
        key: Any = delivery.address
        hook = rows.filter(pk=key, user_id=delivery.recipient_id).first()
        if hook is None or not hook.is_active:
            delivery.state = delivery.State.SKIPPED
            return
        schemes = ("https://", "http://") if self.allow_http else ("https://",)
        if not hook.url.lower().startswith(schemes):
            raise GiveUpError("the address of a webhook begins with https://")
        body = self.message(delivery, notification)
        try:
            headers = signed(hook.secret, str(delivery.pk), int(time.time()), body)
        except ValueError as error:
            raise GiveUpError(str(error)) from error
        try:
            with self._session() as session:
                post(session, hook.url, body, headers, self.timeout, gone=(410,))
        except GoneError:
            rows.filter(pk=hook.pk).update(is_active=False)
            raise
        except InvalidIPAddress as error:
            raise GiveUpError(f"the address is in a private network: {error}") from error
        except InvalidURL as error:
            raise GiveUpError(f"this is no address: {error}") from error

    def _session(self) -> Any:
        """Return a session that connects to the very address that it has checked."""
        from requests_hardened import Config, HTTPSession

        config = Config(
            ip_filter_enable=not self.allow_private,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(self.timeout, self.timeout),
            user_agent_override="django-stream",
        )
        return HTTPSession(config)

    def message(self, delivery: Delivery, notification: Notification) -> bytes:
        """Return the JSON that is posted, in the language of the user."""
        action = notification.action
        with translation.override(language_of(delivery.recipient)):
            said = {
                "id": notification.pk,
                "type": "notification",
                "datetime": notification.datetime,
                "kind": notification.kind,
                "level": notification.level_name,
                "verb": action.verb,
                "text": one_line(notification.action.get_sentence()),
                "url": address("open", notification.pk),
                **{role: _shown(getattr(action, role)) for role in ROLES},
            }
        return json.dumps(said, cls=DjangoJSONEncoder).encode()

    def check(self) -> Iterator[CheckMessage]:
        yield from check_site(f"The channel {self.name!r}")
        if not find_spec("requests_hardened"):
            yield Error(
                f"The channel {self.name!r} needs the package requests-hardened.",
                hint="Run: pip install 'django-stream[webhooks]'",
                id="stream_notifications.E009",
            )
        if not isinstance(self.timeout, int | float) or self.timeout <= 0:
            yield Error(
                f"STREAM_CHANNELS[{self.name!r}]['OPTIONS']['timeout'] = {self.timeout!r:.80}: "
                f"write seconds, more than 0.",
                id="stream_notifications.E010",
            )


def signed(secret: str, key: str, when: int, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook, by https://www.standardwebhooks.com. Raises ValueError."""
    text = f"{key}.{when}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret_bytes(secret), text, hashlib.sha256)).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(when),
        "webhook-signature": f"v1,{signature}",
    }


def _shown(obj: Any) -> dict[str, Any] | None:
    if not isinstance(obj, Model):
        return None
    url = object_url(obj)
    return {
        "type": obj._meta.label_lower,
        "id": obj.pk,
        "name": object_name(obj),
        "url": absolute(url) if url else "",
    }
