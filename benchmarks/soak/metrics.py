"""From where the pages of this process are read."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from stream.timelines.metrics import Metrics


class Sources(Metrics):
    """Counts pages by their source."""

    pages: ClassVar[Counter[str]] = Counter()

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        if name == "reads":
            self.pages[labels["source"]] += amount
