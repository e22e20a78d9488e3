"""Channels: how people hear of notifications elsewhere than on the site.

Importable before apps are loaded: ``from stream.notifications.channels import Channel``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stream.notifications.channels.base import Channel
    from stream.notifications.channels.mail import EmailChannel
    from stream.notifications.channels.push import WebPushChannel
    from stream.notifications.channels.webhooks import WebhookChannel

__all__ = ["Channel", "EmailChannel", "WebPushChannel", "WebhookChannel"]

_MODULES = {
    "Channel": "base",
    "EmailChannel": "mail",
    "WebPushChannel": "push",
    "WebhookChannel": "webhooks",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
