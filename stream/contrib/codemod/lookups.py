"""Lookups across keys of the site: ``Bookmark.objects.filter(action__timestamp__gt=…)``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stream.contrib.codemod import notes

#: A field of the site that points to a model of an old package, or of this one.
KEY = re.compile(
    r"^\s*(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)*(?:ForeignKey|OneToOneField|ManyToManyField)\(\s*"
    r"(?:to\s*=\s*)?[\"']?(?:[\w.]+\.)?(Action|Follow|Notification)\b",
    re.M,
)
#: What keys are usually called, and the relations that the old packages give to users.
USUAL = {
    "action": "action",
    "follow": "follow",
    "notification": "notification",
    "notifications": "notification",
}
PATH = re.compile(r"-?[A-Za-z]\w*?__\w+")
OF_ACTIONS = "actions_with_"
TIMES = {"action": "timestamp", "follow": "started", "notification": "timestamp"}
OF_FOLLOW = ("follow_object", "content_type", "content_type_id", "object_id")
OF_ACTION = ("verb", "description", "public", "data")  # columns of an old notification
OLD = (*TIMES.values(), *OF_FOLLOW, *OF_ACTION, "unread", "deleted", "emailed")
#: What a file must hold to be looked at: an old column behind two underscores, or a relation.
HINTS = re.compile(
    rf"__(?:{'|'.join(OLD)}|(?:actor|target|action_object)_(?:content_type|object_id))"
    rf"(?![a-z0-9])|\b{OF_ACTIONS}|\bnotifications__"
)


def keys_of(texts: Iterable[str]) -> dict[str, str]:
    """Return the kinds of rows that keys of a site point to, by their names."""
    found = {name: model.lower() for text in texts for name, model in KEY.findall(text)}
    return USUAL | found


def instead_of(lookup: str, keys: Mapping[str, str], *, uses_notifications: bool) -> str:
    """Return what to write for a lookup across a key; "" where it names nothing old."""
    parts = lookup.removeprefix("-").split("__")
    before: list[str] = []
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        is_old = part == "notifications" and uses_notifications
        before.append("stream_notifications" if is_old else part)
        kind = "action" if part.startswith(OF_ACTIONS) else keys.get(part, "")
        if kind and (new := _column(kind, "__".join(before), following)):
            return new
        if part.startswith(OF_ACTIONS):
            return "write a related name such as actions_post"
        if is_old and following:
            return f"across users, write {'__'.join(before)}__{following}"
    return ""


def _column(kind: str, path: str, name: str) -> str:
    """Return what to write for an old column behind a key; "" where it is none."""
    if OF_ACTIONS in path:
        path = "actions_post"  # by the model
    if name == TIMES[kind]:
        return f"write {path}__datetime"
    if kind == "follow":
        return f"one column for each model: write {path}__target_post" if name in OF_FOLLOW else ""
    role = notes.GENERIC.match(name)
    if role and role[2]:
        action = f"{path}__action" if kind == "notification" else path
        return f"one column for each model: write such as {action}__{role[2]}_post=post"
    if kind == "action":
        return ""
    if name in OF_ACTION:
        return f"write {path}__action__{name}"
    return {
        "unread": f"write {path}__in=Notification.objects.unread(), or .read()",
        "deleted": f"write {path}__archived=1 for True, and 0 for False",
        "emailed": notes.OF_NOTIFICATION["emailed"],
    }.get(name, "")
