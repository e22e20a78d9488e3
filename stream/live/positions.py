"""Positions: up to where a stream has told its reader, sealed as the id of its events."""

from __future__ import annotations

from typing import Any

from django.core import signing

from stream.paging.sealing import seal, unseal

SALT = "stream.live"


def write(user: Any, positions: dict[str, Any]) -> str:
    """Return the id of an event: what each source has told, for this user alone."""
    return seal([str(user), positions], SALT)


def read(user: Any, text: str) -> dict[str, Any]:
    """Return the positions in an id; none for one of another user or of another site."""
    try:
        owner, positions = unseal(text, SALT)
    except (ValueError, TypeError, signing.BadSignature):
        return {}
    return positions if owner == str(user) and isinstance(positions, dict) else {}
