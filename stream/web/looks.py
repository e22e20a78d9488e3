"""How rows look: avatars, the icons of verbs, days and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zlib import crc32

from django.core.checks import CheckMessage, Error
from django.db.models import Model
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django.utils.translation import gettext as _

from stream.arc.names import object_name
from stream.conf import verb_looks
from stream.groups.group import Group
from stream.text import ago

HUES = 10  # .stream-hue-0 to .stream-hue-9 in the stylesheet
WEEK = 7  # days that are called by their names


# Verbs


@dataclass(frozen=True, slots=True)
class VerbLook:
    """How actions of a verb look: the third item of an entry of ``STREAM_VERBS``.

    ``icon`` names a template ``stream/icons/<icon>.svg``, ``tint`` a class ``stream-tint-<tint>``
    of the stylesheet. ``compact`` rows are low and show the icon in place of an avatar.
    """

    icon: str = "activity"
    tint: str = ""
    compact: bool = False

    @property
    def icon_template(self) -> str:
        return f"stream/icons/{self.icon}.svg"


def look_of(verb: str | None) -> VerbLook:
    """Return how actions of a verb look; None stands for several verbs."""
    return VerbLook(**verb_looks().get(verb or "", {}))


def check_looks(**kwargs: Any) -> list[CheckMessage]:
    """Check the looks in ``STREAM_VERBS``, and that their icons are there."""
    try:
        looks = verb_looks()
    except (TypeError, ValueError):
        return []  # stream.E055 says so
    return [
        Error(
            f"STREAM_VERBS, {verb!r}: {problem}.",
            hint="Write ('liked', 'liked', {'icon': 'heart', 'tint': 'red', 'compact': True}).",
            id="stream.E058",
        )
        for verb, look in looks.items()
        if (problem := _problem(look))
    ]


def _problem(look: Any) -> str:
    try:
        template = VerbLook(**look).icon_template
    except TypeError:
        return f"{look!r:.80} is no look; it has icon, tint and compact"
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return f"there is no template {template!r}"
    return ""


# People and things


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name, or "?"."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper() or "?"


def hue_of(obj: Model | None) -> int:
    """Return a number that stays with an object, of a colour in the stylesheet."""
    return crc32(f"{obj._meta.label_lower}:{obj.pk}".encode()) % HUES if obj else 0


def initials_of(obj: Model | None) -> str:
    return initials(object_name(obj)) if obj else "?"


# Days and times


def by_day(rows: Iterable[Any]) -> Iterator[tuple[dt.date, list[Any]]]:
    """Yield the days of rows, in the current time zone, and the rows of each."""
    for day, found in groupby(rows, day_of):
        yield day, list(found)


def day_of(row: Any) -> dt.date:
    """Return the day of an action, of a notification, or of the newest in a group."""
    when: dt.datetime = template_localtime(moment_of(row))
    return when.date()


def moment_of(row: Any) -> dt.datetime:
    when: dt.datetime = row.updated_at if isinstance(row, Group) else row.datetime
    return when


def day_name(day: dt.date) -> str:
    """Return "Today", "Yesterday", "Monday" or the date."""
    age = (today() - day).days
    if age in (0, 1):
        return _("Yesterday") if age else _("Today")
    return date_format(day, "l" if 0 < age < WEEK else "DATE_FORMAT")


def short_time(when: dt.datetime, day: dt.date | None) -> str:
    """Return a time as "3 hours ago", or by the clock below the heading of a past day."""
    if day is None or day == today():
        return ago(when)
    return time_format(template_localtime(when), "TIME_FORMAT")


def today() -> dt.date:
    now: dt.datetime = template_localtime(timezone.now())
    return now.date()
