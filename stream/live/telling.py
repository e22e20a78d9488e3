"""Telling the broker, after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import connections, transaction

from stream.live.brokers import get_broker
from stream.live.hints import Hints, add

#: Where a connection keeps what its transaction is going to tell.
KEPT = "_stream_live_hints"


def tell(kind: str, keys: Iterable[Any] | None, using: str) -> None:
    """Tell after the commit, once for all that a transaction tells.

    What a transaction tells that is rolled back may be told with the next one: it is a hint. An
    error is logged, for what was committed must not look failed.
    """
    hints: Hints = vars(connections[using]).setdefault(KEPT, {})
    add(hints, kind, keys)
    transaction.on_commit(partial(_tell, using), using=using, robust=True)


def _tell(using: str) -> None:
    hints: Hints = vars(connections[using]).pop(KEPT, {})
    if hints:
        get_broker().tell(hints, using)
