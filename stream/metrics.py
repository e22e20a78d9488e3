"""Counters and timers of timelines and jobs, for the monitoring of a site."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from stream.conf import load_subclass

DEFAULT = "stream.metrics.Metrics"


class Metrics:
    """What ``STREAM_METRICS`` may subclass. This one measures nothing.

    | name | labels | what |
    |---|---|---|
    | ``reads`` | ``source``: stored, join | pages that were read |
    | ``read`` | ``source`` | seconds for the rows and objects of a page |
    | ``jobs`` | ``kind``, ``outcome``: done, failed | jobs that came to an end, or broke off |
    | ``job`` | ``kind`` | seconds of work on a job |
    | ``lag`` | ``kind`` | seconds from writing a job to its end |
    | ``rows`` | ``kind`` | entries that were added to timelines |
    """

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""

    def time(self, name: str, seconds: float, **labels: str) -> None:
        """Observe how long something took."""


def get_metrics() -> Metrics:
    """Return what ``STREAM_METRICS`` names. Raises ImproperlyConfigured."""
    return _make(getattr(settings, "STREAM_METRICS", None) or DEFAULT)


@lru_cache(maxsize=8)
def _make(name: str) -> Metrics:
    metrics: Metrics = load_subclass("STREAM_METRICS", name, DEFAULT)()
    return metrics
