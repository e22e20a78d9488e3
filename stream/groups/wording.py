"""Groups in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, ngettext

from stream.text import sentence

if TYPE_CHECKING:
    from stream.groups.group import Group


def actors_phrase(group: Group) -> tuple[str, dict[str, Any]]:
    """Return the translated pattern of a group's actors and its parts: up to three have names.

    Of a group that is not exact, the others are "200+ others".
    """
    names = dict(zip(("first", "second", "third"), group.actors, strict=False))
    if not names:
        return _("someone"), {}
    if group.actor_count <= 1:
        return "{first}", names
    if group.actor_count == len(names) == 2:
        return _("{first} and {second}"), names
    if group.actor_count == len(names) == 3:
        return _("{first}, {second} and {third}"), names
    names.pop("third", None)
    count = group.actor_count - len(names)
    number = _number(group, count)
    if len(names) == 1:
        pattern = ngettext("{first} and {count} other", "{first} and {count} others", number)
    else:
        pattern = ngettext(
            "{first}, {second} and {count} other", "{first}, {second} and {count} others", number
        )
    return pattern, {**names, "count": group.shown(count)}


def group_sentence(group: Group) -> tuple[str, dict[str, Any]]:
    """Return a group's translated pattern and its parts; "{actor}" stands for its actors.

    Without a common verb it says how many actions there are.
    """
    if group.get_verb_display():
        return sentence(group)
    number = _number(group, group.action_count)
    parts = {"count": group.shown_count, "object": group.target or group.action_object}
    if parts["object"] is None:
        return ngettext("{actor} did {count} thing", "{actor} did {count} things", number), parts
    pattern = ngettext(
        "{actor} did {count} thing with {object}",
        "{actor} did {count} things with {object}",
        number,
    )
    return pattern, parts


def _number(group: Group, count: int) -> int:
    """Return what a count's noun agrees with: "1+ others" has the plural."""
    return count if group.is_exact else max(count, 2)
