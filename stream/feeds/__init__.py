"""News feeds: what users are shown, by action or in groups."""

from stream.feeds.base import AggregatedTimelineFeed, TimelineFeed, UserFeed
from stream.feeds.manager import FeedManager, feed_manager
from stream.feeds.missing_data import MissingData
from stream.groups.feeds import AggregatedFeed, GroupedFeed
from stream.groups.group import Group
from stream.groups.keys import GroupBy
from stream.paging.feed import Feed

__all__ = [
    "AggregatedFeed",
    "AggregatedTimelineFeed",
    "Feed",
    "FeedManager",
    "Group",
    "GroupBy",
    "GroupedFeed",
    "MissingData",
    "TimelineFeed",
    "UserFeed",
    "feed_manager",
]
