"""Before a page is timed, all contenders must show the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.contenders.page import GetPage, Page
from benchmarks.results import FLOOR


class DifferentPageError(AssertionError):
    """Two contenders show different pages."""


@dataclass
class PageCase:
    """A page and how each contender gets it; perhaps the keys of its actions."""

    title: str
    pages: dict[str, GetPage]
    reference: Sequence[int] | None = None
    notes: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise DifferentPageError unless all show the same actions in the same words."""
        shown = {name: get_page() for name, get_page in self.pages.items()}
        expected = shown[FLOOR]
        if self.reference is not None and [each.id for each in expected] != [*self.reference]:
            raise DifferentPageError(f"{self.title}: {FLOOR} differs from the plain definition")
        for name, page in shown.items():
            if page != expected:
                raise DifferentPageError(
                    f"{self.title}: {name} differs from {FLOOR}: {_difference(page, expected)}"
                )
        self.notes.append(f"{len(expected)} rows")


def _difference(page: Page, expected: Page) -> str:
    for number, (one, other) in enumerate(zip(page, expected, strict=False), 1):
        if one != other:
            return f"row {number} is {one}, not {other}"
    return f"{len(page)} rows, not {len(expected)}"
