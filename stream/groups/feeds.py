"""Any actions in groups."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from stream.arc.models import ArcQuerySet
from stream.groups.group import Group
from stream.groups.keys import GroupBy, Part, name_of
from stream.groups.pages import Aggregation, GroupPage
from stream.paging import Page
from stream.paging.feed import Feed
from stream.paging.pages import Reached


class GroupedFeed(Feed[Group]):
    """Actions in groups, the group with the newest action first.

    Subclasses set the ``actions``, what they are grouped by (names, or a method of an action), how
    many of its newest actions and actors a group has, and among how many actions of the feed those
    of a group are counted.
    """

    label = _("In groups")
    group_by: Any = ("verb", "object", "day")
    most_actions: int = 5
    most_actors: int = 5
    most_rows: int = 1000

    @property
    def actions(self) -> ArcQuerySet[Any]:
        """The actions that are grouped."""
        raise NotImplementedError(f"{type(self).__name__}.actions: return the actions to group")

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> GroupPage:
        """Return a page of groups; ``is_exact`` says which are counted to their end.

        One query for the first 100 actions, a few more if the page needs more, up to three times
        ``most_rows``, and one for each model of the objects.
        """
        by = GroupBy(self.group_by) if callable(self.group_by) else GroupBy(*self.group_by)
        aggregation = Aggregation(
            self.actions, by, self.most_actions, self.most_actors, self.most_rows
        )
        return aggregation.page(size, after, before)

    def count_newer(self, cursor: str | None, most: int) -> int:
        """Count the actions newer than a group's cursor, up to ``most``. Raises InvalidCursor."""
        if cursor:
            cursor = Page.encode(Reached(GroupPage.decode(cursor)))
        return self.actions.count_newer(cursor, most)


class AggregatedFeed(GroupedFeed):
    """Any actions in groups; ``actions.grouped()`` makes one."""

    def __init__(
        self, actions: ArcQuerySet[Any], *group_by: Part, most_rows: int | None = None
    ) -> None:
        if actions.query.is_sliced:
            raise TypeError("grouped(): a slice has no groups; group all, and take a page of them")
        super().__init__(None)
        self._actions = actions
        if group_by:
            self.group_by = group_by
        if most_rows is not None:
            if not isinstance(most_rows, int) or most_rows < 1:
                raise ValueError(
                    f"grouped(most_rows={most_rows!r:.80}): write how many actions are read "
                    f"at the most, such as 1000"
                )
            self.most_rows = most_rows
        GroupBy(*self.group_by)  # raises ValueError

    def __repr__(self) -> str:
        return f"<AggregatedFeed by {', '.join(map(name_of, self.group_by))}>"

    @property
    def actions(self) -> ArcQuerySet[Any]:
        return self._actions
