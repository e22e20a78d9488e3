"""News feeds: what users are shown, by action or in groups."""

from stream.feeds.base import (
    AggregatedFeed,
    AggregatedTimelineFeed,
    Feed,
    GroupedFeed,
    TimelineFeed,
    UserFeed,
)
from stream.feeds.groups import Group
from stream.feeds.keys import GroupBy
from stream.feeds.manager import FeedManager, feed_manager
from stream.feeds.missing_data import MissingData

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
