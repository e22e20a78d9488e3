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
    """Somebody did something: an actor, a verb, perhaps a target, an action object, a context.

    In each of its roles, a registered model has its own foreign key.
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
    context = Arc(
        "context_%(model_name)s",
        related_name="within_%(model_name)s",
        accessor="context_actions",
        register="stream.utils.register_context",
    )
    # The object that published the action by itself, see stream.activity. The app's label is in the
    # name of the column: two models of the same name do not need an activity_field_name.
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
