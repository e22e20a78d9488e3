"""The marks of inboxes, so that badges stay and nothing old is mailed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from stream.chunks import chunks
from stream.moving.moves import Move
from stream.notifications.channels.conf import channels
from stream.notifications.inbox import Inbox
from stream.notifications.models import Digest, Notification
from stream.notifications.query import KEYS_PER_STATEMENT


def recipients_of(move: Move) -> Iterator[list[Any]]:
    """Yield the keys of those who have old notifications, some at a time."""
    role = move.roles[-1]
    rows = move.iterate(
        f"SELECT DISTINCT {move.old(role.key_column)} FROM {move.source}{move.joins(role)} "
        f"WHERE {move.is_found(role)}"
    )
    yield from chunks((row[0] for row in rows), KEYS_PER_STATEMENT)


def keep_badges(move: Move) -> None:
    """Note at each notification what "all are read" says, since old ones come below that mark."""
    for keys in recipients_of(move):
        with transaction.atomic(using=move.using):
            for name in ("read", "seen"):
                _note(name, keys, move.using)


def _note(name: str, keys: list[Any], using: str) -> None:
    marked = Inbox._default_manager.using(using).filter(pk__in=keys, **{f"{name}_up_to__gt": 0})
    of_recipient = Inbox._default_manager.filter(pk=OuterRef("recipient"))
    below = Exists(of_recipient.filter(**{f"{name}_up_to__gte": OuterRef("pk")}))
    when = Subquery(of_recipient.values(f"{name}_up_to_at")[:1])
    rows: Any = QuerySet(Notification, using=using).filter(
        below,
        recipient__in=list(marked.values_list("pk", flat=True)),
        **{f"{name}_at__isnull": True},
    )
    rows.update(**{f"{name}_at": Coalesce(when, F("datetime"))})
    marked.update(**{f"{name}_up_to": 0})


def skip_digests(move: Move, last: int) -> None:
    """Let no digest mail what is old."""
    digests = Digest._default_manager.using(move.using)
    names = [(name, each) for name, channel in channels().items() for each in channel.digests]
    for keys in recipients_of(move) if names else ():
        new = [
            Digest(user_id=key, channel=name, frequency=each, up_to=last)
            for key in keys
            for name, each in names
        ]
        digests.bulk_create(new, ignore_conflicts=True)
        digests.filter(user__in=keys, up_to__lt=last).update(up_to=last)
