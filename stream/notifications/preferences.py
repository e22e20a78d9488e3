"""How often each channel tells a user of each kind of notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import router, transaction
from django.db.models import Case, Expression, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce

from stream.arc.rules import signed_in
from stream.notifications.channels.base import Channel
from stream.notifications.channels.conf import channels
from stream.notifications.kinds import ALL, Frequency, Kind, kinds
from stream.notifications.levels import Level, checked_way
from stream.notifications.models import Mute, Preference


def frequency_in(channel: Channel) -> Expression:
    """Build the frequency in which a channel tells of a notification: the recipient's choice for
    its kind, or for all; else the site's for the kind, or the channel's.
    """
    chosen = Preference._default_manager.filter(
        user=OuterRef("recipient"), channel=channel.name
    ).values("frequency")
    of_kinds = [
        When(kind=kind.name, then=Value(kind.channels[channel.name]))
        for kind in kinds().values()
        if channel.name in kind.channels
    ]
    return Coalesce(
        Subquery(chosen.filter(kind=OuterRef("kind"))[:1]),
        Subquery(chosen.filter(kind=ALL)[:1]),
        Case(*of_kinds, default=Value(channel.frequency.value)),
        output_field=TextField(),
    )


def wanted(notifications: QuerySet[Any], channel: Channel, frequency: str) -> QuerySet[Any]:
    """Return those of these notifications of which a channel tells in this frequency."""
    reached = channel.reach(notifications).alias(frequency=frequency_in(channel))
    found: QuerySet[Any] = reached.filter(frequency=frequency)
    return found


def preferences_of(user: Any) -> dict[str, dict[str, Frequency]]:
    """Return what holds for a user, by kind and channel. Two queries.

    ``"*"`` holds for kinds that are not named, and the channel ``"list"`` says whether there are
    notifications of a kind at all.
    """
    if signed_in(user, "preferences_of") is None:
        raise TypeError("preferences_of(): nobody is signed in; pass a saved user")
    using, known = router.db_for_read(Preference), kinds()
    rows = Preference._default_manager.using(using).filter(user_id=user.pk)
    own = {(row.kind, row.channel): row.frequency for row in rows}
    mutes = Mute._default_manager.using(using).filter(user_id=user.pk).exclude(kind="")
    muted = set(mutes.values_list("kind", flat=True))
    names = dict.fromkeys([*known, *(kind for kind, _ in own), ALL])
    there = channels().values()
    return {
        name: {
            "list": Frequency.NEVER if name in muted else Frequency.NOW,
            **{
                channel.name: _frequency(known.get(name) or Kind(name), channel, own)
                for channel in there
            },
        }
        for name in sorted(names, key=lambda name: name == ALL)
    }


def _frequency(kind: Kind, channel: Channel, own: Mapping[tuple[str, str], str]) -> Frequency:
    for name in (kind.name, ALL):
        if chosen := own.get((name, channel.name)):
            return Frequency(chosen)
    return Frequency(kind.channels.get(channel.name, channel.frequency))


def set_preference(user: Any, kind: str, channel: str, frequency: str) -> None:
    """Let a channel tell a user of a kind of notifications in a frequency from now on.

    The kind ``"*"`` is all of which the user has chosen nothing else. Raises TypeError or
    ValueError.
    """
    call = "set_preference"
    if signed_in(user, call) is None:
        raise TypeError(f"{call}(): nobody is signed in; pass a saved user")
    if kind != ALL:
        checked_way(call, kind, Level.INFO)
    known = channels()
    if channel not in known:
        names = ", ".join(map(repr, known)) or "none"
        raise ValueError(f"{call}(channel={channel!r:.80}): STREAM_CHANNELS has {names}")
    if frequency not in known[channel].frequencies:
        names = ", ".join(known[channel].frequencies)
        raise ValueError(f"{call}(frequency={frequency!r:.80}): {channel} has {names}")
    Preference._default_manager.update_or_create(
        user_id=user.pk, kind=kind, channel=channel, defaults={"frequency": frequency}
    )


def unsubscribe(user: Any, channel: str, kind: str = ALL) -> None:
    """Let a channel tell a user no more of a kind, or of anything, whatever was chosen before."""
    if kind == ALL:
        using = router.db_for_write(Preference)
        with transaction.atomic(using=using):
            rows = Preference._default_manager.using(using)
            rows.update_or_create(
                user_id=user.pk,
                kind=ALL,
                channel=channel,
                defaults={"frequency": Frequency.NEVER},
            )
            rows.filter(user_id=user.pk, channel=channel).exclude(kind=ALL).delete()
        return
    Preference._default_manager.update_or_create(
        user_id=user.pk, kind=kind, channel=channel, defaults={"frequency": Frequency.NEVER}
    )
