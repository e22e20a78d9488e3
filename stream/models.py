"""The one table of actions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from stream import signals
from stream.arc import Arc
from stream.arc.link import ArcLink
from stream.base import BaseAction
from stream.managers import ActionManager, load_manager

__all__ = ["Action"]


class Action(BaseAction):
    """Somebody did something: actor, verb, and perhaps a target and an action object.

    Each registered model has a foreign key of its own in each of its roles.
    """

    actor = Arc(
        "actor_%(model_name)s",
        related_name="actions_%(model_name)s",
        accessor="actor_actions",
        register="stream.utils.register_actor",
        required=True,
    )
    target = Arc(
        "target_%(model_name)s",
        related_name="targetted_%(model_name)s",
        accessor="target_actions",
        register="stream.utils.register_target",
    )
    action_object = Arc(
        "action_object_%(model_name)s",
        related_name="acted_%(model_name)s",
        accessor="action_object_actions",
        register="stream.utils.register_action_object",
    )
    # What published the action by itself, see stream.activity. Its name holds the app, so that two
    # models of the same name need no activity_field_name.
    origin = ArcLink(
        "origin_%(app_label)s_%(model_name)s",
        related_name="+",
        register="stream.publishing.registration.register_activity",
    )

    objects: ClassVar[ActionManager[Action]] = load_manager()

    changed = signals.actions_changed

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["-datetime", "-id"]
        get_latest_by = ["datetime", "id"]
        indexes = [models.Index(fields=["datetime", "id"], name="stream_newest_idx")]
