"""This project's streams in groups."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.contenders.page import SIZE, GetPage, Line
from stream.feeds import GroupBy

if TYPE_CHECKING:
    from stream.actions.sending import ActionQuerySet

Stream = Callable[[], "ActionQuerySet"]

MOST_ROWS = 1000  # as by default


def page(stream: Stream, key: tuple[str, ...]) -> GetPage:
    """The first page of groups, in words."""
    return lambda: [Line(each.newest.pk, str(each)) for each in stream().grouped(*key).page(SIZE)]


def found(stream: Stream, key: tuple[str, ...]) -> list[tuple[int, int]]:
    """The newest action of each group on the page, and how many actions it counts."""
    groups = stream().grouped(*key).page(SIZE)
    return [(each.newest.pk, each.action_count) for each in groups]


def defined(stream: Stream, key: tuple[str, ...]) -> list[tuple[int, int]]:
    """The same by the definition: the actions one by one, from the newest on."""
    by = GroupBy(*key)
    groups: dict[object, list[int]] = {}  # where it begins, its newest action, its actions
    for index, action in enumerate(islice(stream().iterator(1000), 2 * MOST_ROWS)):
        its_key = by.key_of(action)
        if index < MOST_ROWS and len(groups) < SIZE:
            groups.setdefault(its_key, [index, action.pk, 0])
        if its_key in groups and index < groups[its_key][0] + MOST_ROWS:
            groups[its_key][2] += 1
    return [(newest, count) for _, newest, count in groups.values()]
