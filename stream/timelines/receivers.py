"""Jobs for what happens to actions and follows, written in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_delete, post_save

from stream import signals
from stream.following import find_follow_model
from stream.models import Action
from stream.timelines import jobs
from stream.timelines.models import Job

UID = "stream.timelines"


def connect() -> None:
    """Listen for actions and follows that are made or changed, and for follows that end."""
    signals.actions.connect(actions_sent, sender=Action, dispatch_uid=UID)
    post_save.connect(action_saved, sender=Action, dispatch_uid=UID)
    if follow := find_follow_model():
        post_save.connect(follow_saved, sender=follow, dispatch_uid=UID)
        post_delete.connect(follow_deleted, sender=follow, dispatch_uid=UID)


def disconnect() -> None:
    """Listen no more."""
    signals.actions.disconnect(sender=Action, dispatch_uid=UID)
    post_save.disconnect(sender=Action, dispatch_uid=UID)
    if follow := find_follow_model():
        post_save.disconnect(sender=follow, dispatch_uid=UID)
        post_delete.disconnect(sender=follow, dispatch_uid=UID)


def actions_sent(instances: Sequence[Action], **kwargs: Any) -> None:
    jobs.fan_out(instances)


def action_saved(instance: Action, created: bool, using: str, **kwargs: Any) -> None:
    if not created:  # it may have another time, or other objects
        jobs.fan_out([instance])


def follow_saved(instance: Any, using: str, **kwargs: Any) -> None:
    jobs.enqueue(Job.Kind.COPY_IN, [{"follow": instance.pk}], using)


def follow_deleted(instance: Any, using: str, origin: Any = None, **kwargs: Any) -> None:
    # What goes with a deleted user or object is hidden by the join with its actions.
    if getattr(origin, "model", type(origin)) is type(instance):
        jobs.enqueue(Job.Kind.PURGE, [{"user": instance.user_id}], using)
