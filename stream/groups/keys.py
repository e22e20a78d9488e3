"""The keys of groups: what the actions of a group have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

from django.utils import timezone

from stream.base import BaseAction
from stream.groups.group import key_of_object
from stream.text import ROLES

PERIODS = ("day", "week", "month")
NAMES = ("verb", *ROLES, "object", *PERIODS)

Part: TypeAlias = str | Callable[[BaseAction], Hashable]


class GroupBy:
    """The key of groups: ``GroupBy("verb", "object", "day")``.

    "object" is the target, or the action object of an action without a target. Days, weeks (from
    Monday on) and months are those of the current time zone. A function of an action gives a part
    of the key, too.
    """

    def __init__(self, *names: Part) -> None:
        call = f"GroupBy({', '.join(_shown(name) for name in names)})"
        if not names:
            raise ValueError(f"{call}: name what actions of a group share, such as 'verb', 'day'")
        for name in names:
            if not callable(name) and name not in NAMES:
                known = ", ".join(map(repr, NAMES))
                raise ValueError(f"{call}: {name!r:.80} is nothing to group by; write {known}")
        periods = [name for name in names if name in PERIODS]
        if len(periods) > 1:
            raise ValueError(f"{call}: {' and '.join(periods)}: write one of the periods")
        self.names = names
        self.period = periods[0] if periods else None
        self.has_function = any(map(callable, names))

    def __repr__(self) -> str:
        return f"GroupBy({', '.join(map(_shown, self.names))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GroupBy) and set(self.names) == set(other.names)

    def __hash__(self) -> int:
        return hash(frozenset(self.names))

    def key_of(self, action: BaseAction) -> tuple[Hashable, ...]:
        """Return the key of an action's group. No query, unless a function makes one.

        Raises TypeError if a function returns something that is not hashable.
        """
        return tuple([self._value(action, name) for name in self.names])

    def _value(self, action: BaseAction, name: Part) -> Hashable:
        if callable(name):
            value = name(action)
            if not isinstance(value, Hashable):
                raise TypeError(
                    f"{self!r}: {_shown(name)} returned {value!r:.80}, which is not hashable; "
                    f"return a string, a number or a tuple of them"
                )
            return value
        if name == "verb":
            return str(action.verb)
        if name in PERIODS:
            return date_of(name, action.datetime)
        if name == "object":
            return key_of_object(action, "target") or key_of_object(action, "action_object")
        return key_of_object(action, name)

    def common_to(self, action: BaseAction) -> list[str]:
        """Return the names of the fields that are equal in all actions of this action's group."""
        common = [name for name in self.names if name == "verb" or name in ROLES]
        if "object" in self.names:
            common.append("target")
        if "object" in self.names and key_of_object(action, "target") is None:
            common.append("action_object")
        return common


def name_of(part: Any) -> str:
    """Return the name of a part of a key."""
    return part if isinstance(part, str) else getattr(part, "__name__", repr(part))


def _shown(part: Any) -> str:
    return name_of(part) if callable(part) else repr(part)


def date_of(period: str, when: dt.datetime) -> dt.date:
    """Return the first day of the day, week or month of a time, in the current time zone."""
    day = (timezone.localtime(when) if timezone.is_aware(when) else when).date()
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def start_of(period: str, when: dt.datetime) -> dt.datetime:
    """Return the first moment of the day, week or month of a time, in the current time zone."""
    first = _midnight(when)
    if period == "week":
        return _midnight(first - dt.timedelta(days=first.weekday()))  # by the clock, not by hours
    return first.replace(day=1) if period == "month" else first


def end_of(period: str, when: dt.datetime) -> dt.datetime:
    """Return the first moment that is after the day, week or month of a time."""
    days = {"day": 1, "week": 7, "month": 31}[period]
    # From noon, since a clock that jumps at midnight has another first hour.
    return start_of(period, start_of(period, when).replace(hour=12) + dt.timedelta(days=days))


def _midnight(when: dt.datetime) -> dt.datetime:
    local = timezone.localtime(when) if timezone.is_aware(when) else when
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
