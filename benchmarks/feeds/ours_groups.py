"""This project's home feed in groups."""

from __future__ import annotations

from django.contrib.auth.models import User

from benchmarks.contenders.page import SIZE, GetPage, Line
from stream.feeds import AggregatedTimelineFeed, GroupBy
from stream.streams import user_stream


def page(user_id: int) -> GetPage:
    """The first page of groups, in words."""
    feed = AggregatedTimelineFeed(User.objects.get(pk=user_id))
    return lambda: [Line(each.newest.pk, str(each)) for each in feed.page(SIZE)]


def found(user_id: int) -> list[tuple[int, int]]:
    """The newest action of each group on the page, and how many actions it has."""
    groups = AggregatedTimelineFeed(User.objects.get(pk=user_id)).page(SIZE)
    return [(each.newest.pk, each.action_count) for each in groups]


def defined(user_id: int) -> list[tuple[int, int]]:
    """The same by the definition: the actions one by one, from the newest on."""
    by = GroupBy(*AggregatedTimelineFeed.group_by)
    groups: dict[object, tuple[int, int]] = {}
    last = None
    for action in user_stream(User.objects.get(pk=user_id)).iterator(1000):
        if last and action.datetime.date() != last:
            break  # the groups of a page are complete at the end of a day
        newest, count = groups.get(by.key_of(action), (action.pk, 0))
        groups[by.key_of(action)] = newest, count + 1
        if len(groups) == SIZE:
            last = action.datetime.date()
    return list(groups.values())[:SIZE]
