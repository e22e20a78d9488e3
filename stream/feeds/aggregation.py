"""Pages of groups: which periods hold a page, and what is read of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from stream.feeds.groups import Group
from stream.feeds.keys import GroupBy, end_of, start_of
from stream.feeds.statement import Found, GroupStatement
from stream.paging import Page, make_page

if TYPE_CHECKING:
    from stream.models import Action
    from stream.reading import ReadingQuerySet

FIRST_ROWS = 100  # whose times tell the periods of a page
MOST_ROWS = 25_600  # of which the times are read at once, where few groups have many actions
MOST_OF_FEED = 500  # of a home feed, which is read fast up to there


class GroupPage(Page[Group]):
    """Some groups, newest first, by the time and key of their newest actions."""

    salt: ClassVar[str] = "stream.feeds"

    @classmethod
    def place_of(cls, row: Any) -> Any:
        return super().place_of(row.newest)


class Aggregation:
    """Groups of the actions of a queryset, by the time of their newest action."""

    def __init__(
        self, rows: ReadingQuerySet, by: GroupBy, most_actions: int, most_actors: int
    ) -> None:
        self.rows = rows
        self.by = by
        self.most_actions = most_actions
        self.most_actors = most_actors

    def page(self, size: int, after: str | None, before: str | None) -> GroupPage:
        """Return the page after or before a cursor, or the first one."""
        page: GroupPage = make_page(self._groups, size, after, before, GroupPage)
        return page

    def _groups(self, cursor: Any, newer: bool, size: int) -> list[Group]:
        found: list[Found] = []
        newest_first = not newer

        def missing() -> int:
            return size - len({each.newest for each in found})

        for rows, starts in self._spans(cursor, newest_first, missing):
            statement = GroupStatement(rows, self.by, self.most_actions, self.most_actors)
            found += statement.read(missing(), starts, cursor, newest_first)
            if not missing():
                break
        return self._made(found)

    # Which periods are read

    def _spans(
        self, cursor: Any, newest_first: bool, missing: Callable[[], int]
    ) -> Iterator[tuple[ReadingQuerySet, list[dt.datetime]]]:
        """Yield rows of some periods from the cursor's on, and the periods' starts, latest first.

        A group is in one period, so that nothing beyond those of a page needs to be read.
        """
        period = self.by.period
        if period is None:
            yield self.rows, []
            return
        most = MOST_ROWS if self.rows._feed is None else MOST_OF_FEED
        limit, edge = FIRST_ROWS, None
        if cursor:
            edge = end_of(period, cursor[0]) if newest_first else start_of(period, cursor[0])
        while True:
            left = self._beyond(self.rows, edge, newest_first)
            times = self._times(left, limit, newest_first)
            # Each period has a group at least; that of the cursor may have none that is past it.
            spans = self._periods(times)[: missing() + 1]
            if not spans:
                return
            last = spans[-1][0] if newest_first else spans[-1][1]
            starts = sorted((start for start, _ in spans), reverse=True)
            yield self._beyond(left, last, not newest_first), starts
            if len(times) < limit and spans[-1][0] <= times[-1] < spans[-1][1]:
                return
            edge, limit = last, min(4 * limit, most)

    def _periods(self, times: list[dt.datetime]) -> list[tuple[dt.datetime, dt.datetime]]:
        """Return the start and end of each period of these times, in their order."""
        period = self.by.period or ""
        spans: list[tuple[dt.datetime, dt.datetime]] = []
        for time in times:
            if not spans or not spans[-1][0] <= time < spans[-1][1]:
                spans.append((start_of(period, time), end_of(period, time)))
        return spans

    def _beyond(self, rows: ReadingQuerySet, edge: Any, is_end: bool) -> ReadingQuerySet:
        if edge is None:
            return rows
        return rows.filter(datetime__lt=edge) if is_end else rows.filter(datetime__gte=edge)

    def _times(self, rows: ReadingQuerySet, limit: int, newest_first: bool) -> list[dt.datetime]:
        order = ("-datetime", "-id") if newest_first else ("datetime", "id")
        rows = rows.order_by(*order)[:limit]
        if rows._feed is None:
            return list(rows.values_list("datetime", flat=True))
        rows = rows.defer("data", "description")
        rows._objects_from = None  # they would be loaded for nothing
        return [row.datetime for row in rows]

    # What is shown

    def _made(self, found: list[Found]) -> list[Group]:
        """Return the groups: one query for their actions, and one for each model of objects.

        One more where ``data`` of any of them is asked for.
        """
        ids = {each.id for each in found}
        if not ids:
            return []
        stored: Any = self.rows.model._default_manager.using(self.rows.db)
        rows = stored.filter(pk__in=ids).order_by().defer("data").with_objects()
        if self.rows._objects_from is not None:
            rows._objects_from = self.rows._objects_from
        actions = {action.pk: action for action in rows}
        by_group: dict[Any, list[Found]] = {}
        for each in found:
            if each.id in actions:  # it may have been deleted since
                by_group.setdefault(each.newest, []).append(each)
        return [self._group(its, actions) for its in by_group.values()]

    def _group(self, found: list[Found], actions: dict[Any, Action]) -> Group:
        shown = [actions[each.id] for each in found if each.is_shown]
        acted = [actions[each.id] for each in found if each.is_of_actor]
        newest = (shown or acted)[0]
        return Group(
            shown or acted,
            actors=[action.actor for action in acted],
            actor_count=int(found[0].actors),
            action_count=int(found[0].actions),
            key=self.by.key_of(newest),
            common=self.by.common_to(newest),
        )
