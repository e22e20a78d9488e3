"""Actions in words."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.timesince import timesince
from django.utils.translation import gettext as _, ngettext_lazy

if TYPE_CHECKING:
    from stream.feeds.groups import Group
    from stream.models import Action


# Whole phrases, since "3 days" and "3 days ago" may need different forms of the word.
PHRASES = {
    "year": ngettext_lazy("%(num)d year ago", "%(num)d years ago", "num"),
    "month": ngettext_lazy("%(num)d month ago", "%(num)d months ago", "num"),
    "week": ngettext_lazy("%(num)d week ago", "%(num)d weeks ago", "num"),
    "day": ngettext_lazy("%(num)d day ago", "%(num)d days ago", "num"),
    "hour": ngettext_lazy("%(num)d hour ago", "%(num)d hours ago", "num"),
    "minute": ngettext_lazy("%(num)d minute ago", "%(num)d minutes ago", "num"),
}


# Units of a fixed length, in seconds, longest first. Four weeks may be a month.
UNITS = [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)]
FIXED = 4 * 604_800


def ago(when: dt.datetime) -> str:
    """Return "3 hours ago", the time since then in its largest unit; "just now" below a minute."""
    phrases: Any = PHRASES  # lazy
    seconds = (dt.datetime.now(when.tzinfo) - when).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds >= FIXED:  # months and years by the calendar
        return timesince(when, time_strings=phrases, depth=1).replace("\xa0", " ")
    unit, length = next(each for each in UNITS if seconds >= each[1])
    text: str = phrases[unit] % {"num": int(seconds) // length}
    return text


def sentence(action: Action | Group) -> tuple[str, dict[str, Any]]:
    """Return an action's translated pattern, such as "{actor} {verb} {target}", and its parts.

    Only parts that are there are in the pattern; without an actor it is "someone".
    """
    parts = {
        "actor": action.actor,
        "verb": action.get_verb_display(),
        "action_object": action.action_object,
        "target": action.target,
    }
    if parts["actor"] is None:
        parts["actor"] = _("someone")
    has_object, has_target = parts["action_object"] is not None, parts["target"] is not None
    if has_object and has_target:
        return _("{actor} {verb} {action_object} to {target}"), parts
    if has_object:
        return _("{actor} {verb} {action_object}"), parts
    if has_target:
        return _("{actor} {verb} {target}"), parts
    return _("{actor} {verb}"), parts
