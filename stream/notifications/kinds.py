"""Kinds of notifications: how a site calls them, why they come, and how often by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from stream.arc.names import object_name, one_line
from stream.arc.values import is_storable
from stream.notifications.levels import ALL as ALL
from stream.text import ROLES

NAME = "STREAM_NOTIFICATION_KINDS"

#: The kinds of the rules that there are.
of_rules: list[str] = []


class Frequency(models.TextChoices):
    """How often a channel tells of notifications."""

    NOW = "now", _("at once")
    DAILY = "daily", _("daily")
    WEEKLY = "weekly", _("weekly")
    NEVER = "never", _("never")


@dataclass(frozen=True)
class Kind:
    """What a site says of a kind of notifications."""

    name: str
    label: str | Promise = ""
    reason: str | Promise = ""
    channels: Mapping[str, str] = field(default_factory=dict)  # frequencies, by channel

    def __str__(self) -> str:
        if self.label:
            return str(self.label)
        words = self.name.replace("_", " ").replace("-", " ")
        return words[:1].upper() + words[1:] if words else gettext("Other notifications")

    def reason_for(self, action: Any) -> str:
        """Return why somebody is told of an action, such as "because you follow fresh"; "" where
        the site does not say, or where the action lacks what the reason names.
        """
        names = {}
        for role in ROLES:
            if f"{{{role}}}" in str(self.reason):
                obj = getattr(action, role)
                if obj is None:
                    return ""
                names[role] = object_name(obj)
        return one_line(str(self.reason).format(**names))


def kinds() -> dict[str, Kind]:
    """Return the kinds of the site by name: those of ``STREAM_NOTIFICATION_KINDS`` in its order,
    then those of rules. Raises ImproperlyConfigured.
    """
    given: Any = getattr(settings, NAME, {})
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"{NAME} = {given!r:.80}: write a dict of kinds.")
    found = {name: _kind(name, said) for name, said in given.items()}
    for name in of_rules:
        found.setdefault(name, Kind(name))
    return found


def kind_of(name: str) -> Kind:
    """Return the kind of this name, whether the site says anything of it or not."""
    return kinds().get(name) or Kind(name)


def _kind(name: Any, said: Any) -> Kind:
    if not isinstance(name, str) or len(name) > 100 or not is_storable(name) or name == ALL:
        raise _wrong(name, said, "a kind is named by a text of up to 100 characters")
    if isinstance(said, str | Promise):
        return Kind(name, said)
    known = {"label", "reason", "channels"}
    if not isinstance(said, Mapping) or set(said) - known:
        raise _wrong(name, said, "write a label, or a dict of 'label', 'reason' and 'channels'")
    kind = Kind(name, **said)
    if not isinstance(kind.channels, Mapping) or any(
        each not in Frequency.values for each in kind.channels.values()
    ):
        raise _wrong(name, said, f"'channels' are frequencies, of {', '.join(Frequency.values)}")
    try:
        parts = list(Formatter().parse(str(kind.reason)))
        is_right = all(
            name is None or (name in ROLES and not spec and not conversion)
            for _text, name, spec, conversion in parts
        )
    except ValueError:  # a single brace
        is_right = False
    if not is_right:
        places = ", ".join(f"{{{each}}}" for each in ROLES)
        raise _wrong(name, said, f"the places of a reason are {places}")
    return kind


def _wrong(name: Any, said: Any, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{NAME}[{name!r}] = {said!r:.80}: {remedy}.")


def wrong_channels(known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what is wrong with channels that kinds name, by the frequencies of each channel."""
    for kind in kinds().values():
        for name, frequency in kind.channels.items():
            if name not in known:
                yield f"{NAME}[{kind.name!r}]: STREAM_CHANNELS has no channel {name!r}."
            elif frequency not in known[name]:
                yield f"{NAME}[{kind.name!r}]: {name!r} has {', '.join(known[name])} alone."
