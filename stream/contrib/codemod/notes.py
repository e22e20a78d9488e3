"""What is left to do by hand: where, and what to write instead."""

from __future__ import annotations

import re
from typing import NamedTuple


class Note(NamedTuple):
    """A line that the command does not change."""

    line: int
    old: str
    instead: str

    def __str__(self) -> str:
        return f"{self.line}: {self.old}: {self.instead}"


#: Columns of generic relations, in filters, strings and attributes.
GENERIC = re.compile(
    r"-?((actor|target|action_object)_(content_type|object_id)|follow_object)(_|$)"
)


def generic(name: str) -> str:
    """Return what to write for a column of a generic relation; "" where it is none."""
    found = GENERIC.match(name)
    if not found:
        return ""
    if found[1] == "follow_object":
        return "write target"
    role = found[2]
    return (
        f"one column for each model: write such as {role}_post=post in filters, "
        f"Action.{role}.model_and_key(action) for both, {role}_post in strings"
    )


TIMESTAMP = "of an action or notification, write .datetime; of a follow, .datetime for .started"
REPOINT = (
    "a key to an old table: take the rows over, then write {new!r} and a migration with "
    "RepointForeignKey"
)
UNFOLLOW = (
    "ended follows of all flags; here it ends the plain one: for all, write "
    "Follow.objects.get_follows(obj).filter(user=user).delete()"
)
REGISTER = (
    "a column for each role: keep those that occur (manage.py import_actstream names them), here "
    "or in a models.py, then run makemigrations"
)
RETURNS = "returned receivers and answers; here it returns the action"
SENT = "returned notifications; here it returns the action, or None where nobody is told"
OWN_NOTIFICATIONS = "of a user, write stream_notifications"
#: Attributes of a notification that no one name stands for.
OF_NOTIFICATION = {
    "timesince": "write timesince(notification.datetime) of django.utils.timesince",
    "unread": "write mark_unread() or mark_read()",
    "emailed": "the deliveries of a channel note what was told",
    "slug": "write pk: addresses have no slugs",
    "level": "a number here: write level_name, or compare with Level",
}
READ = "it holds what is put away: write .read(), and .filter(archived=0) unless include_deleted"
OLD_LINKS = {
    "actstream.urls": "old links, such as /activity/detail/5/, lead nowhere: include "
    '"stream.contrib.actstream.urls" at this address, and "stream.urls" at another',
    "notifications.urls": "old links, such as those of mails, lead nowhere: include "
    '"stream.contrib.notifications.urls" at this address, with "stream.contrib.notifications" in '
    'INSTALLED_APPS, and "stream.notifications.urls" at another',
}
KEPT_LINKS = {
    "actstream.urls": "it leads old links on: keep it as long as they are followed",
    "notifications.urls": "it leads old links on: keep it as long as they are followed, and "
    "'stream.contrib.notifications' in INSTALLED_APPS",
}
FOLLOW_URLS = "include follow.urls, too"
MANAGER = "delete it: it is the default, without the old names"
MIGRATIONS = "write MIGRATION_MODULES = {{{}}}, then run makemigrations"
NEEDS_STREAM = "stream.notifications needs 'stream' in INSTALLED_APPS, before it"
MESSAGES = (
    "plain queries hold messages, too, such as those of send_notification: add .public() or "
    ".filter(is_message=None)"
)
MESSAGES_FOUND = (
    "it finds messages, too, such as those of send_notification: write Action.objects.public(), "
    ".visible_to(user) or .filter(is_message=None) in the place of Action"
)
RELATED_MESSAGES = (
    "messages come with them, such as those of send_notification: write "
    'Prefetch("actor_actions", Action.objects.filter(is_message=None)), or filter by is_message'
)
KEEP = "Keep this list: a second run no longer recognises all of it."
STORED = "it is of the action: write it there, and save the action"
#: Old names that have no one name here.
NAMES = {
    "actstream.actions.action_handler": "write Action.objects.create(actor, verb, …)",
    "actstream.decorators.stream": "write stream.managers.stream; it takes no _offset and _limit",
    "actstream.managers.FollowManager": "write follow.query.FollowQuerySet",
    "actstream.managers.ActionManager": "write stream.managers.ActionManager, and "
    "STREAM_ACTION_MANAGER in the settings",
    "actstream.registry.unregister": "delete the registration, then run makemigrations",
    "actstream.registry.check": "write Action.actor.find_field(obj), which is None for no column",
    "actstream.registry": "write Action.actor.models, Action.target.models, …",
    "actstream.follows.delete_orphaned_follows": "delete it: foreign keys leave no orphans",
    "actstream.feeds": "include stream.syndication.urls",
    "actstream.views": "include stream.urls and follow.urls",
    "actstream.gfk": "write Action.objects.with_objects()",
    "actstream.drf": "include stream.api.urls",
    "actstream.settings": "see docs/settings.md",
    "actstream.templatetags": "name stream.templatetags.stream_tags and "
    "follow.templatetags.follow_tags",
    "actstream.signals.action.connect": "connect to stream.signals.action, which comes after an "
    "action is written",
    "actstream.signals.action.send_robust": "write action.send, which raises what is wrong",
    "actstream.admin": "the admin shows actions by itself",
    "notifications.base.models.AbstractNotification": "keep what it adds in "
    "notification.action.data, or in a model with a OneToOneField to "
    "'stream_notifications.Notification'",
    "notifications.base.models": "write stream.notifications.models",
    "notifications.base.admin": "write from stream.notifications.admin import NotificationAdmin",
    "notifications.signals.notify.connect": "to hear of notifications, connect to "
    "stream.notifications.signals.delivered",
    "notifications.utils": "write the key of the notification: addresses have no slugs",
    "notifications.views": "include stream.notifications.urls",
    "notifications.templatetags": "name stream.notifications.templatetags.stream_notifications",
    "notifications.settings": "delete it: a tag has a size, a view a page_size",
    "notifications.helpers": "write NotificationFeed(user).page(…)",
}
SETTINGS = {
    "ACTSTREAM_SETTINGS": "its MANAGER is STREAM_ACTION_MANAGER; delete the rest, and for DRF "
    "include stream.api.urls",
    "DJANGO_NOTIFICATIONS_CONFIG": "delete it; for SOFT_DELETE call archive() instead of delete()",
    "NOTIFICATIONS_NOTIFICATION_MODEL": "delete it: keep what the model adds in "
    "notification.action.data, or in a model with a key",
}


def note_of(name: str) -> str:
    """Return what to write for an old dotted name, or for what it is in."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        if found := NAMES.get(".".join(parts[:end])):
            return found
    return "see docs/coming-from.md"
