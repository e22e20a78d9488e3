"""Pages of groups: a limited number of actions around a cursor is read, and grouped in Python.

An action begins a group unless one of the ``most_rows`` actions before it has the same key. The
group counts those of the ``most_rows`` actions from there on that have the key. So a page depends
only on the actions around it, not on the way to it, and each group is on one page.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from stream.arc.deferred import load_together
from stream.arc.loading import load_objects
from stream.arc.pages import newest_first
from stream.groups.group import Group, key_of_object
from stream.groups.keys import GroupBy, end_of, start_of
from stream.paging import Page
from stream.paging.pages import Position, Reached, check_page

if TYPE_CHECKING:
    from stream.arc.models import ArcQuerySet
    from stream.base import BaseAction

FIRST_ROWS = 100  # read by the first query; each further one reads four times as many
ROWS_OF_A_QUERY = 500  # at most: every stream reads so many fast


class GroupPage(Page[Group]):
    """Some groups, newest first, by the time and key of their newest actions.

    If no group begins among very many actions, a page is short and still has a ``next``.
    """

    salt: ClassVar[str] = "stream.feeds"

    @classmethod
    def place_of(cls, row: Any) -> Any:
        return super().place_of(row.newest if isinstance(row, (Group, CountedGroup)) else row)


class CountedGroup:
    """A group while it is counted."""

    def __init__(self, newest: BaseAction, key: Hashable, index: int) -> None:
        self.newest = newest
        self.key = key
        self.index = index  # of its newest action, among those that are read
        self.count = 0
        self.is_exact = False
        self.actions: list[BaseAction] = []
        self.acted: dict[Hashable, BaseAction] = {}  # the newest action of each actor


class Scan(NamedTuple):
    """The groups that begin among some actions, and the first of these.

    ``last`` is the action after which more groups may begin, if any.
    """

    found: list[CountedGroup]
    first: BaseAction | None
    last: BaseAction | Reached | None


class ActionReader:
    """Reads up to ``most`` actions from a place on, each once, in as few queries as are needed."""

    def __init__(
        self, rows: ArcQuerySet[Any], place: Position | None, newer: bool, most: int, first: int
    ) -> None:
        self.rows, self.place, self.newer = rows, place, newer
        self.most = most
        self.limit = first
        self.is_over = False  # there are no more

    def __iter__(self) -> Iterator[BaseAction]:
        while self.most and not self.is_over:
            limit = min(self.limit, self.most, ROWS_OF_A_QUERY)
            found = self.rows.beyond(self.place, self.newer, limit)
            self.is_over = found.reached is None
            yield from {action.pk: action for action in found}.values()
            self.place = found.reached
            # If conditions have left out very many actions, no more are read.
            self.most = self.most - limit if len(found) == limit else 0
            self.limit = 4 * limit


class Aggregation:
    """Groups of the actions of a queryset, by the time of their newest action."""

    def __init__(
        self,
        rows: ArcQuerySet[Any],
        by: GroupBy,
        most_actions: int,
        most_actors: int,
        most_rows: int,
    ) -> None:
        self.loaders, self.known = rows._objects_from, rows._known
        self.rows = newest_first(rows).defer("data", "description")
        self.rows._objects_from = None  # only those of the actions that are shown are loaded
        if by.has_function:
            self.rows = self.rows.with_objects(*(self.loaders or {}).values())
        self.by = by
        self.most_actions = most_actions
        self.most_actors = most_actors
        self.most_rows = most_rows

    def page(self, size: int, after: str | None, before: str | None) -> GroupPage:
        """Return the page after or before a cursor, or the first one."""
        check_page(size, after, before)
        page = self._before(GroupPage.decode(before), size) if before else None
        if page is None:  # also where nothing is newer
            page = self._after(GroupPage.decode(after) if after else None, size)
        return page

    def _after(self, place: Position | None, size: int) -> GroupPage:
        newer = self._newer((place[0], place[1] - 1)) if place else []  # and the one there
        older = self._reader(self.rows, place, 2 * self.most_rows)
        found, first, last = self._scan(newer, [], older, self.most_rows, size)
        if found:
            first = found[0].newest
        return self._page(found, last, (first or last) if place else None)

    def _before(self, place: Position, size: int) -> GroupPage | None:
        """Return the page before a place; None where no action is newer."""
        limit = min(FIRST_ROWS, self.most_rows)
        while True:
            reader = self._reader(self.rows, place, limit + 1, newer=True)
            nearest = list(reader)[:limit][::-1]
            if not nearest:
                reached = reader.place and Reached(reader.place)
                return self._page([], reached, reached) if reached else None
            newer = [] if reader.is_over else self._newer(place_of(nearest[0]))
            older = self._reader(self.rows, place_of(nearest[-1]), self.most_rows)
            found = self._scan(newer, nearest, older, len(nearest)).found
            if len(found) >= size or len(nearest) < limit or limit == self.most_rows:
                break
            limit = min(4 * limit, self.most_rows)
        shown, first = found[-size:], None
        if len(found) > size or not reader.is_over:
            first = shown[0].newest if len(found) >= size else nearest[0]
        return self._page(shown, shown[-1].newest if shown else nearest[-1], first)

    # Reading

    def _newer(self, place: Position) -> list[BaseAction]:
        """Return the actions before a place that may be of groups after it, nearest first."""
        rows = self.rows
        if self.by.period:
            rows = rows.filter(datetime__lt=end_of(self.by.period, place[0]))
        return list(self._reader(rows, place, self.most_rows, newer=True))

    def _reader(
        self, rows: ArcQuerySet[Any], place: Position | None, most: int, newer: bool = False
    ) -> ActionReader:
        # Without a period, each group is counted among the next ``most_rows`` actions.
        first = FIRST_ROWS if self.by.period else FIRST_ROWS + self.most_rows
        return ActionReader(rows, place, newer, most, first)

    def _scan(
        self,
        newer: Iterable[BaseAction],
        nearest: list[BaseAction],
        older: ActionReader,
        begin: int,
        most: int | None = None,
    ) -> Scan:
        """Find up to ``most`` groups that begin among the first ``begin`` actions, and count them.

        ``newer`` are the actions before these.
        """
        places: dict[Hashable, int] = {}  # of the last action with a key
        for index, action in enumerate(newer, 1):
            places.setdefault(self.by.key_of(action), -index)
        found: list[CountedGroup] = []
        counted: dict[Hashable, CountedGroup] = {}
        first = previous = start = None
        last: BaseAction | Reached | None = None
        index, is_searched = -1, True
        for index, action in enumerate(chain(nearest, older)):
            first = first or action
            if self.by.period and (start is None or action.datetime < start):
                self._end(counted, index)
                start = start_of(self.by.period, action.datetime)
            if is_searched and index == begin:
                is_searched, last = False, previous
            if not is_searched and (not counted or index >= found[-1].index + self.most_rows):
                break
            previous = action
            key = self.by.key_of(action)
            place = places.get(key)
            places[key] = index
            if is_searched and (place is None or index - place > self.most_rows):
                if len(found) == most:
                    is_searched, last = False, found[-1].newest
                else:
                    found.append(CountedGroup(action, key, index))
                    counted[key] = found[-1]
            if key in counted:
                self._count(counted[key], action, index)
        else:
            if older.is_over:  # nothing is left
                self._end(counted, index + 1)
            elif is_searched and older.place:  # conditions have left out very many
                last = Reached(older.place)
        return Scan(found, first, last)

    def _count(self, group: CountedGroup, action: BaseAction, index: int) -> None:
        if index - group.index >= self.most_rows:
            return
        group.count += 1
        if len(group.actions) < self.most_actions:
            group.actions.append(action)
        if actor := key_of_object(action, "actor"):
            group.acted.setdefault(actor, action)

    def _end(self, counted: dict[Hashable, CountedGroup], index: int) -> None:
        """Note that from an index on, no action is of these groups."""
        for group in counted.values():
            group.is_exact = index - group.index <= self.most_rows
        counted.clear()

    # What is shown

    def _page(self, found: list[CountedGroup], last: Any, first: Any) -> GroupPage:
        """Return the page of these groups: one query for each model of their objects."""
        acted = [list(islice(each.acted.values(), self.most_actors)) for each in found]
        shown = [each.newest for each in found]
        shown += chain(*(each.actions for each in found), *acted)
        shown = list({action.pk: action for action in shown}.values())
        load_objects(shown, self.loaders, self.known)
        load_together(shown)
        groups = [
            Group(
                each.actions or [each.newest],
                actors=[action.actor for action in actions],
                actor_count=len(each.acted),
                action_count=each.count,
                key=each.key,
                common=self.by.common_to(each.newest),
                is_exact=each.is_exact,
            )
            for each, actions in zip(found, acted, strict=True)
        ]
        return GroupPage(
            groups,
            GroupPage.encode(last) if last else None,
            GroupPage.encode(first) if first else None,
        )


def place_of(action: BaseAction) -> Position:
    return action.datetime, action.pk
