"""``{% load dashboard_tags %}``: drawings of a year, and the fields that name an object."""

from django import template

register = template.Library()

# The calendar, in pixels: a cell and its distance to the next one, and room for names.
CELL, STEP, LEFT, TOP = 15, 18, 34, 18
WEEKDAYS = [(0, "Mon"), (2, "Wed"), (4, "Fri")]


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
