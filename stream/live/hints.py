"""Hints: that something may be new, and for whom. What it is, each stream asks the database."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.core.serializers.json import DjangoJSONEncoder

#: The kinds, and what their keys are of: new actions; users who were notified; users who have
#: changed, and may not sign in any more; sessions that end.
KINDS = ("actions", "notified", "users", "ended")

KEYS_NAMED = 500  # of more, a hint says "any"
BYTES_TOLD = 7000  # PostgreSQL takes less than 8000

#: Keys by kind, as texts; None for any.
Hints = dict[str, set[str] | None]


def anything() -> Hints:
    """Return the hint that anything may have happened, such as while nobody listened."""
    return dict.fromkeys(KINDS)


def add(hints: Hints, kind: str, keys: Iterable[object] | None) -> None:
    """Add keys to hints."""
    known = hints.setdefault(kind, set())
    if known is None:
        return
    if keys is not None:
        known.update(map(str, keys))
    if keys is None or len(known) > KEYS_NAMED:
        hints[kind] = None


def write(hints: Hints) -> str:
    """Return hints as a text for a broker. It names keys, and nothing of what is in the rows."""
    lists = {kind: None if keys is None else sorted(keys) for kind, keys in hints.items()}
    text = json.dumps(lists, cls=DjangoJSONEncoder, separators=(",", ":"))
    return text if len(text) <= BYTES_TOLD else json.dumps(dict.fromkeys(hints))


def read(text: str | bytes) -> Hints:
    """Return the hints in a text; what is no hint means anything."""
    try:
        lists = json.loads(text)
        return {
            kind: None if lists[kind] is None else {str(each) for each in lists[kind]}
            for kind in KINDS
            if kind in lists
        }
    except (ValueError, TypeError):
        return anything()
