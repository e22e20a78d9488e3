"""System checks of the settings of feeds. The app ``stream`` has them run."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from stream.feeds.conf import missing_data_policy, news_feed_classes
from stream.feeds.manager import feed_manager_class


def check(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with these settings."""
    messages: list[CheckMessage] = []
    readers = {
        "stream.E020": feed_manager_class,
        "stream.E021": news_feed_classes,
        "stream.E022": missing_data_policy,
    }
    for check_id, read in readers.items():
        try:
            read()
        except ImproperlyConfigured as error:
            messages.append(Error(str(error), id=check_id))
    return messages
