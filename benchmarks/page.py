"""What a page is to every contender: its rows, resolved and rendered in one way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from stream.text import ago

SIZE = 25


class Line(NamedTuple):
    """An action on a page: its key and its text."""

    id: int
    text: str


Page = list[Line]
GetPage = Callable[[], Page]


def line(
    id: int, actor: Any, verb: str, action_object: Any, target: Any, when: dt.datetime
) -> Line:
    """Render an action; every contender calls this with what it loaded."""
    parts = [str(actor), verb]
    if action_object is not None:
        parts.append(str(action_object))
    if target is not None:
        parts += ["to", str(target)] if action_object is not None else [str(target)]
    return Line(id, f"{' '.join(parts)}, {ago(when)}")


def rendered(actions: Iterable[Any], time: str = "datetime") -> Page:
    """Render instances; ``time`` names the field of their time."""
    return [
        line(each.pk, each.actor, each.verb, each.action_object, each.target, getattr(each, time))
        for each in actions
    ]
