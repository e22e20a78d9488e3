"""Old names and what they are here."""

from __future__ import annotations

import re

OLD = re.compile(r"(actstream|notifications)(\.|$)")
#: What a file must hold to be looked at.
HINTS = re.compile(
    r"\bactstream|\b(?:stream_)?notifications\b|\bACTSTREAM_|NOTIFICATIONS_|activity_tags|"
    r"\b(?:actor|target|action_object)_(?:content_type|object_id|actions)\b"
)
#: What a second run looks at, too.
NEW = re.compile(r"\b(?:stream|follow)\.(?:utils|models|urls|streams|notifications)\b|_APPS\b")
NOTIFICATIONS_USED = re.compile(
    r"^\s*(?:from|import) (?:stream\.contrib\.)?notifications\b|"
    r"[\"']notifications[\"'.]|notifications_tags",
    re.M,
)
#: What says that a site has the notifications of this package.
NOTIFICATIONS_NEW = re.compile(r"\bstream_notifications\b|\bstream\.notifications\b")

#: The same by another path.
SAME = {
    "actstream.action": "actstream.signals.action",
    "actstream.registry.registry": "actstream.registry",
    "actstream.managers.stream": "actstream.decorators.stream",
    "notifications.notify": "notifications.signals.notify",
    "notifications.base.models.NotificationQuerySet": "notifications.models.NotificationQuerySet",
}

STREAMS = ("actor", "target", "action_object", "any", "model", "user")
#: Names that have one name here: module and name.
NAMES = {
    "actstream.signals.action": ("stream.utils", "action"),
    "actstream.actions.follow": ("follow.utils", "follow"),
    "actstream.actions.unfollow": ("follow.utils", "unfollow"),
    "actstream.models.Action": ("stream.models", "Action"),
    "actstream.models.Follow": ("follow.models", "Follow"),
    "notifications.models.Notification": ("stream.notifications.models", "Notification"),
    **{f"actstream.models.{name}_stream": ("stream.streams", f"{name}_stream") for name in STREAMS},
}
#: Methods of managers, by the model that they are of.
METHODS = {
    "actstream.models.Action.objects": {
        **{name: f"{name}_stream" for name in STREAMS},
        "model_actions": "model_stream",
    },
    "actstream.models.Follow.objects": {"for_object": "get_follows"},
}
OF_NOTIFICATIONS = {
    "mark_all_as_read": "mark_read",
    "mark_all_as_unread": "mark_unread",
    "mark_all_as_deleted": "archive",
    "mark_all_as_active": "restore",
    "deleted": "archived",
}
#: Attributes of a notification that are those of its action here.
OF_ACTION = ("actor", "verb", "target", "action_object", "description", "data", "public")
#: Other attributes of a notification with another name.
OF_NOTIFICATION = {
    "timestamp": "datetime",
    "deleted": "is_archived",
    "mark_as_read": "mark_read",
    "mark_as_unread": "mark_unread",
}
#: What a notification is likely to be called.
NOTIFICATION = re.compile(r"(?:\w*_)?(?:notification|notif|notice|note)\d*", re.I)
MAILED = ("sent", "unsent", "mark_as_sent", "mark_as_unsent")
RELATIONS = ("actor_actions", "target_actions", "action_object_actions")

#: Columns by the kind of rows.
COLUMNS = {
    "action": {"timestamp": "datetime"},
    "follow": {"started": "datetime"},
    "notification": {
        "timestamp": "datetime",
        "verb": "action__verb",
        "description": "action__description",
        "public": "action__public",
        "data": "action__data",
    },
}
FILTERS = (
    "filter",
    "exclude",
    "get",
    "public",
    "get_or_create",
    "update",
    "create",
)
STRINGS = (
    "order_by",
    "values",
    "values_list",
    "only",
    "defer",
    "latest",
    "earliest",
    "dates",
    "datetimes",
    "distinct",
)
LEVELS = ("success", "info", "warning", "error")

APPS = {
    "actstream": ("follow", "stream"),
    "actstream.apps.ActstreamConfig": ("follow", "stream"),
    "notifications": ("stream.notifications",),
    "notifications.apps.Config": ("stream.notifications",),
    "stream.contrib.actstream": ("follow", "stream"),
    "stream.contrib.notifications": ("stream.notifications",),
}
URLCONFS = {
    "actstream.urls": "stream.urls",
    "notifications.urls": "stream.notifications.urls",
}
MANAGER = "stream.managers.ActionManager"
OLD_MANAGERS = ("actstream.managers.ActionManager",)
#: Texts that name something of an old package by its path.
PATH = re.compile(
    r"stream\.contrib\.(?:actstream|notifications)(?:\.\w+)*$|(?:actstream|notifications)\."
    r"(?:actions|base|decorators|drf|feeds|managers|models|registry|signals|templatetags|views)"
    r"(?:\.\w+)*$"
)
ADDRESSES = {
    "actstream": "stream:feed",
    "actstream_detail": "stream:action",
    "notifications:all": "stream_notifications:list",
}
MODELS = {
    "actstream.action": ("stream", "Action"),
    "actstream.follow": ("follow", "Follow"),
    "notifications.notification": ("stream_notifications", "Notification"),
}


def bare(name: str) -> str:
    """Return a dotted name as it was before a site took the old names of this package."""
    return re.sub(r"^stream\.contrib\.(?=(?:actstream|notifications)\b)", "", name)


def dotted(name: str) -> str:
    """Return an old name by its usual path; "" for what is not of an old package."""
    name = bare(name)
    if not OLD.match(name):
        return ""
    for path, usual in SAME.items():
        if name == path or name.startswith(f"{path}."):
            return usual + name.removeprefix(path)
    return name


def column(kind: str, name: str) -> str:
    """Return a column, with its sign and lookups, by its name here."""
    sign, first, rest = name[: name.startswith("-")], *_parts(name.lstrip("-"))
    return sign + COLUMNS[kind].get(first, first) + rest


def _parts(name: str) -> tuple[str, str]:
    first, separator, rest = name.partition("__")
    return first, separator + rest
