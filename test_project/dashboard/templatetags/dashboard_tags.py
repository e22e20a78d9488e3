"""``{% load dashboard_tags %}``: how people and times look."""

from zlib import crc32

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

from test_project.dashboard.models import SAMPLE_EMAIL

register = template.Library()

COLORS = 10  # .avatar-0 to .avatar-9 in the stylesheet


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
