"""Notifications with their old attributes, and ``user.notifications``."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.humanize.templatetags import humanize
from django.core.exceptions import ObjectDoesNotExist
from django.utils.timesince import timesince

from stream.contrib.deprecation import deprecated
from stream.contrib.notifications import lookups
from stream.contrib.notifications.query import CHANGES, NotificationManager
from stream.contrib.notifications.utils import id2slug
from stream.models import Action
from stream.notifications import models as new
from stream.notifications.levels import Level

NAME = "notifications"  # of the relation of a user


class OldLevel(str):
    """An old level, such as "warning", and a number for the column."""

    def __int__(self) -> int:
        return int(lookups.level_of(str(self)))


class OfAction:
    """An old attribute that the action has."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        deprecated(f"notification.{self.name}", f"notification.action.{self.name}")
        return self.of(row)

    def of(self, row: Any) -> Any:
        return getattr(row.action, self.name)

    def __set__(self, row: Any, value: Any) -> None:
        raise AttributeError(
            f"notification.{self.name} = …: all recipients share the action; write "
            f"action = notification.action; action.{self.name} = …; action.save()"
        )


class OldRole(OfAction):
    """An object, perhaps of a model that is not registered, whose name is in the data."""

    def of(self, row: Any) -> Any:
        obj = super().of(row)
        return obj if obj is not None else orphan(row.action, self.name)


def orphan(action: Action, role: str) -> Any:
    """Return the object that an action names in its data alone; None without one. One query."""
    name = (action.data.get("orphans") or {}).get(role, "")
    label, _, key = name.partition(":")
    try:
        return apps.get_model(label)._base_manager.get(pk=key) if key else None
    except (LookupError, ObjectDoesNotExist, ValueError):
        return None


class OldKey(OfAction):
    """The text of the key of an object."""

    def of(self, row: Any) -> Any:
        role = self.name.removesuffix("_object_id")
        if field := Action.arcs[role].filled_field(row.action):
            return str(getattr(row.action, field.attname))
        return None

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        role = self.name.removesuffix("_object_id")
        deprecated(f"notification.{self.name}", f"notification.action.{role}.pk")
        return self.of(row)


class OldType(OfAction):
    """The content type of an object."""

    def of(self, row: Any) -> Any:
        role = self.name.removesuffix("_id").removesuffix("_content_type")
        field = Action.arcs[role].filled_field(row.action)
        if field is None:
            return None
        kind = ContentType.objects.get_for_model(field.related_model)
        return kind.pk if self.name.endswith("_id") else kind

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        role = self.name.removesuffix("_id").removesuffix("_content_type")
        deprecated(f"notification.{self.name}", f"type(notification.action.{role})")
        return self.of(row)


class Notification(new.Notification):
    """A notification with its old attributes; the same row."""

    LEVELS: ClassVar[Any] = SimpleNamespace(
        **{each.name.lower(): each.name.lower() for each in Level}
    )

    verb, description, public, data = OfAction(), OfAction(), OfAction(), OfAction()
    actor, target, action_object = OldRole(), OldRole(), OldRole()
    actor_object_id, target_object_id, action_object_object_id = OldKey(), OldKey(), OldKey()
    actor_content_type, actor_content_type_id = OldType(), OldType()
    target_content_type, target_content_type_id = OldType(), OldType()
    action_object_content_type, action_object_content_type_id = OldType(), OldType()

    objects: ClassVar[Any] = NotificationManager()

    class Meta:
        proxy = True
        app_label = "stream_contrib_notifications"
        default_permissions = ()  # those of the table hold

    @property
    def level(self) -> Any:
        """The old text; as a number it is the new level."""
        if "level" not in self.__dict__:  # deferred
            self.refresh_from_db(fields=["level"])
        return OldLevel(Level(self.__dict__["level"]).name.lower())

    @level.setter
    def level(self, value: Any) -> None:
        self.__dict__["level"] = int(lookups.level_of(value))

    @property
    def level_name(self) -> str:
        return str(self.level)

    @property
    def timestamp(self) -> dt.datetime:
        deprecated("notification.timestamp", "notification.datetime")
        return self.datetime

    @timestamp.setter
    def timestamp(self, value: dt.datetime) -> None:
        self.datetime = value

    @property
    def unread(self) -> bool:
        deprecated("notification.unread", "not notification.is_read")
        return bool(self._changes.get("unread", not self.is_read))

    @unread.setter
    def unread(self, value: bool) -> None:
        deprecated(f"notification.unread = {value}", f"{CHANGES['unread', bool(value)]}()")
        self._changes["unread"] = value

    @property
    def deleted(self) -> bool:
        deprecated("notification.deleted", "notification.is_archived")
        return bool(self._changes.get("deleted", self.is_archived))

    @deleted.setter
    def deleted(self, value: bool) -> None:
        deprecated(f"notification.deleted = {value}", f"{CHANGES['deleted', bool(value)]}()")
        self._changes["deleted"] = value

    @property
    def emailed(self) -> bool:
        """Whether the log of deliveries has a mail of it. One query."""
        deprecated("notification.emailed", "notification.deliveries.filter(channel='email')")
        if "emailed" in self._changes:
            return bool(self._changes["emailed"])
        return bool(self._row.filter(lookups.is_emailed()).exists())

    @emailed.setter
    def emailed(self, value: bool) -> None:
        self._changes["emailed"] = value

    @property
    def _changes(self) -> dict[str, Any]:
        """The states that were set and not saved."""
        changes: dict[str, Any] = self.__dict__.setdefault("_old_states", {})
        return changes

    @property
    def _row(self) -> Any:
        return type(self)._default_manager.using(self._state.db).filter(pk=self.pk)

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        changes = self.__dict__.pop("_old_states", {})
        if update_fields is not None:
            names = set(update_fields) - lookups.STATES.keys()
            update_fields = {lookups.COLUMNS.get(name, name) for name in names}
        if not changes or update_fields or self._state.adding:
            super().save(*args, update_fields=update_fields, **kwargs)
        for name, value in changes.items():
            call = CHANGES[name, bool(value)]
            if name == "emailed":
                getattr(self._row, call)()
            else:
                self._change(call)

    def mark_as_read(self) -> None:
        deprecated("notification.mark_as_read()", "notification.mark_read()")
        self.mark_read()

    def mark_as_unread(self) -> None:
        deprecated("notification.mark_as_unread()", "notification.mark_unread()")
        self.mark_unread()

    @property
    def slug(self) -> int:
        deprecated("notification.slug", "notification.pk")
        return id2slug(self.pk)

    def timesince(self, now: dt.datetime | None = None) -> str:
        deprecated("notification.timesince()", "{{ notification.datetime|timesince }}")
        return timesince(self.datetime, now)

    def naturalday(self) -> Any:
        deprecated("notification.naturalday()", "{{ notification.datetime|naturalday }}")
        return humanize.naturalday(self.datetime)

    def naturaltime(self) -> Any:
        deprecated("notification.naturaltime()", "{{ notification.datetime|naturaltime }}")
        return humanize.naturaltime(self.datetime)


class NotificationsOf:
    """``user.notifications``: those of a user, by their old names."""

    def __get__(self, user: Any, owner: type | None = None) -> Any:
        if user is None:
            return self
        deprecated(f"user.{NAME}", "user.stream_notifications")
        rows: Any = Notification.objects.using(new.database_of(user))
        return rows.filter(recipient=user.pk)
