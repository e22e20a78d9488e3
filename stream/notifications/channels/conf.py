"""``STREAM_CHANNELS``, read live so that ``override_settings`` works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from stream.conf import load_subclass
from stream.notifications.channels.base import Channel
from stream.notifications.kinds import wrong_channels

NAME = "STREAM_CHANNELS"
BASE = "stream.notifications.channels.Channel"
KEYS = {"BACKEND", "FREQUENCY", "OPTIONS"}


def channels() -> dict[str, Channel]:
    """Return the channels of the site by name; none by default. Raises ImproperlyConfigured."""
    given: Any = getattr(settings, NAME, {})
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"{NAME} = {given!r:.80}: write a dict of channels.")
    return {name: _channel(name, said) for name, said in given.items()}


def _channel(name: Any, said: Any) -> Channel:
    if not isinstance(name, str) or not 0 < len(name) <= 50 or name == "list":
        raise ImproperlyConfigured(
            f"{NAME}[{name!r:.80}]: a channel is named by a text of up to 50 characters, other "
            f"than 'list'."
        )
    said = {"BACKEND": said} if isinstance(said, str) else said
    is_right = isinstance(said, Mapping) and "BACKEND" in said and not set(said) - KEYS
    options = said.get("OPTIONS", {}) if is_right else None
    if not isinstance(options, Mapping) or {"name", "frequency"} & set(options):
        raise ImproperlyConfigured(
            f"{NAME}[{name!r}] = {said!r:.80}: write the path of a channel, or a dict of "
            f"'BACKEND', 'FREQUENCY' and 'OPTIONS'."
        )
    backend: type[Channel] = load_subclass(f"{NAME}[{name!r}]", said["BACKEND"], BASE)
    return backend(name, said.get("FREQUENCY"), **options)


def check_channels(**kwargs: Any) -> list[CheckMessage]:
    """Check the channels and kinds of the site: E003, E004, and what each channel says."""
    return list(_check())


def _check() -> Iterator[CheckMessage]:
    try:
        known = channels()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="stream_notifications.E003")
        return
    for channel in known.values():
        yield from channel.check()
    try:
        wrong = list(wrong_channels({name: each.frequencies for name, each in known.items()}))
    except ImproperlyConfigured as error:
        wrong = [str(error)]
    for text in wrong:
        yield Error(text, id="stream_notifications.E004")
