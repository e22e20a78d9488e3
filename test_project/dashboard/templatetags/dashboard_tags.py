"""``{% load dashboard_tags %}``: how people and times look."""

from zlib import crc32

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince

from stream.feeds import Group
from test_project.dashboard.models import SAMPLE_EMAIL

register = template.Library()

FACES = 2  # of a group
COLORS = 10  # .avatar-0 to .avatar-9 in the stylesheet

# The calendar, in pixels: a cell and its distance to the next one, and room for names.
CELL, STEP, LEFT, TOP = 15, 18, 34, 18
WEEKDAYS = [(0, "Mon"), (2, "Wed"), (4, "Fri")]


@register.filter
def display_name(obj):
    """Return a person's full name, or else the user name; of anything else its ``str``."""
    return (hasattr(obj, "get_full_name") and obj.get_full_name()) or str(obj)


@register.filter
def is_sample_person(user):
    """Tell whether a person is made up."""
    return user.email.endswith(SAMPLE_EMAIL)


@register.inclusion_tag("dashboard/_avatar.html")
def avatar(user, size=""):
    """Show a person's initials in a circle, in a color of their own."""
    words = [word for word in display_name(user).split() if word[0].isalnum()]
    initials = "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()
    return {
        "initials": initials or "?",
        "color": crc32(user.username.encode()) % COLORS,
        "size": size,
    }


@register.inclusion_tag("dashboard/_faces.html")
def faces(group):
    """Show the actors of a group side by side, and how many more there are."""
    return {"people": group.actors[:FACES], "more": group.actor_count - len(group.actors[:FACES])}


@register.simple_tag
def actors(group, linked=True):
    """Return "Ann Lee and 4 others" or "Ann Lee and Ben Moe", with links where they may be."""
    pattern = '<a class="who" href="{1}">{0}</a>' if linked else '<span class="who">{0}</span>'
    shown = 1 if group.actor_count > 2 else 2
    names = [
        format_html(pattern, display_name(person), person.get_absolute_url())
        for person in group.actors[:shown]
    ]
    others = group.actor_count - len(names)
    if others:
        names.append(f"{group.shown(others)} other{'s' if others > 1 else ''}")
    return format_html_join(" and ", "{}", ((name,) for name in names)) or "Somebody"


@register.inclusion_tag("dashboard/_time.html")
def ago(moment):
    """Show how long ago a moment was, with the exact time in the tooltip."""
    age = timezone.now() - moment
    text = f"{timesince(moment, depth=1)} ago" if age.total_seconds() >= 60 else "just now"
    return {"moment": moment, "text": text}


@register.filter
def day(moment):
    """Return the day of a moment in the site's time zone."""
    return timezone.localtime(moment).date()


@register.filter
def day_of(row):
    """Return the day of an action, or of the newest one of a group."""
    return day(row.updated_at if isinstance(row, Group) else row.datetime)


@register.filter
def element_id(obj):
    """Return what tells an object apart from all others on a page."""
    return f"{obj._meta.model_name}-{obj.pk}"


@register.inclusion_tag("dashboard/_calendar.html")
def calendar(activity):
    """Draw a year of activity: a column for each week, a cell for each day."""
    columns = [(LEFT + number * STEP, week) for number, week in enumerate(activity.weeks)]
    # A month is named above its first whole week, where there is room for it.
    months = [(x, week[0].date) for x, week in columns[:-1] if week[0].date.day <= 7]
    return {
        "activity": activity,
        "cell": CELL,
        "cells": [(x, TOP + day.date.weekday() * STEP, day) for x, week in columns for day in week],
        "months": [(x, f"{first:%b}") for x, first in months],
        "weekdays": [(TOP + CELL - 4 + row * STEP, name) for row, name in WEEKDAYS],
        "width": LEFT + len(columns) * STEP,
        "height": TOP + 7 * STEP,
    }


@register.inclusion_tag("dashboard/_sparkline.html")
def sparkline(activity):
    """Draw the actions a week as a line: of the last half year, up to the last whole week."""
    counts = [sum(day.count for day in week) for week in activity.weeks[-27:-1]]
    most = max(counts)
    points = (
        f"{number * 5},{2 + 32 * (1 - count / max(most, 1)):.1f}"
        for number, count in enumerate(counts)
    )
    return {
        "counts": counts,
        "most": most,
        "points": " ".join(points),
        "width": 125,
        "height": 36,
    }


@register.filter
def key_fields(obj):
    """Return the fields of a form that name an object."""
    meta = obj._meta
    return [("app", meta.app_label), ("model", meta.model_name), ("pk", obj.pk)]
