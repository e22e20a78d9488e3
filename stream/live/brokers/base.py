"""What a broker does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from stream.live.hints import Hints

#: Runs a function in the one thread of a process that asks the database for its streams.
Run = Callable[..., Awaitable[Any]]


class Broker:
    """Tells hints to all processes. Some may get lost: each stream also asks now and then."""

    #: Whether who writes tells. It makes ``action.send`` a transaction, as other listeners do.
    is_told = True

    def tell(self, hints: Hints, using: str) -> None:
        """Tell what was committed to a database just now."""
        raise NotImplementedError(f"{type(self).__name__}.tell(): tell all processes")

    def listen(self, run: Run) -> AsyncIterator[Hints]:
        """Yield what is told, until it is closed; first ``anything()``, as soon as it hears.

        What it raises is logged, and it is called again.
        """
        raise NotImplementedError(f"{type(self).__name__}.listen(): yield what was told")
