"""A year of actions, day by day: what the calendar and the sparkline are drawn from."""

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

WEEKS = 53
LEVELS = 4


@dataclass(frozen=True, slots=True)
class Day:
    date: dt.date
    count: int
    level: int  # 0: nothing; 1 to 4: its quarter of the active days, but no more than the count


class Activity:
    """The actions of the last 53 weeks by day, in the current time zone: one query."""

    def __init__(self, actions):
        today = timezone.localdate()
        first = today - dt.timedelta(days=today.weekday(), weeks=WEEKS - 1)
        start, end = first, today + dt.timedelta(days=1)
        by_day = (
            actions.filter(datetime__gte=midnight(start), datetime__lt=midnight(end))
            .order_by()
            .annotate(day=TruncDate("datetime"))
            .values_list("day")
            .annotate(count=Count("pk"))
        )
        counts = dict(by_day)
        ranked = sorted(counts.values())
        self.days = []
        for number in range((end - start).days):
            date = start + dt.timedelta(days=number)
            count = counts.get(date, 0)
            quarter = 1 + LEVELS * bisect_left(ranked, count) // len(ranked) if count else 0
            self.days.append(Day(date, count, min(quarter, count)))

    @cached_property
    def total(self):
        return sum(day.count for day in self.days)

    @cached_property
    def active_days(self):
        return sum(1 for day in self.days if day.count)

    @cached_property
    def busiest(self):
        """The day with most actions, the latest of equal ones."""
        return max(self.days, key=lambda day: (day.count, day.date))

    @cached_property
    def longest_run(self):
        """How many days in a row had actions, at most."""
        runs = groupby(self.days, key=lambda day: day.count > 0)
        return max((len(list(days)) for active, days in runs if active), default=0)

    @cached_property
    def weeks(self):
        """The days by week, each from Monday on."""
        return [self.days[start : start + 7] for start in range(0, len(self.days), 7)]

    @cached_property
    def months(self):
        """The first day and the number of actions of each month."""
        by_month = groupby(self.days, key=lambda day: day.date.replace(day=1))
        return [(month, sum(day.count for day in days)) for month, days in by_month]


def midnight(date):
    return timezone.make_aware(dt.datetime.combine(date, dt.time.min))
