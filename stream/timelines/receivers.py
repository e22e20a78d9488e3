"""Jobs for what happens to actions and follows, written in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_delete, post_save

from stream import signals
from stream.following import find_follow_model
from stream.models import Action
from stream.timelines import outbox
from stream.timelines.models import Job

UID = "stream.timelines"


def connect() -> None:
    """Listen for actions and follows that are made or changed, and for follows that end."""
    signals.actions.connect(actions_sent, sender=Action, dispatch_uid=UID)
    signals.actions_changed.connect(actions_changed, sender=Action, dispatch_uid=UID)
    post_save.connect(action_loaded, sender=Action, dispatch_uid=UID)
    if follow := find_follow_model():
        follow.changed.connect(follows_changed, sender=follow, dispatch_uid=UID)
        post_save.connect(follow_loaded, sender=follow, dispatch_uid=UID)
        post_delete.connect(follow_deleted, sender=follow, dispatch_uid=UID)


def disconnect() -> None:
    """Listen no more."""
    signals.actions.disconnect(sender=Action, dispatch_uid=UID)
    signals.actions_changed.disconnect(sender=Action, dispatch_uid=UID)
    post_save.disconnect(sender=Action, dispatch_uid=UID)
    if follow := find_follow_model():
        follow.changed.disconnect(sender=follow, dispatch_uid=UID)
        post_save.disconnect(sender=follow, dispatch_uid=UID)
        post_delete.disconnect(sender=follow, dispatch_uid=UID)


def actions_sent(instances: Sequence[Action], **kwargs: Any) -> None:
    outbox.fan_out(instances)


def actions_changed(keys: Sequence[Any], using: str, **kwargs: Any) -> None:
    outbox.enqueue_some(Job.Kind.FAN_OUT, "actions", keys, using)


def follows_changed(keys: Sequence[Any], using: str, **kwargs: Any) -> None:
    outbox.enqueue_some(Job.Kind.COPY_IN, "follows", keys, using)


# Fixtures send no other signal.


def action_loaded(instance: Action, raw: bool, using: str, **kwargs: Any) -> None:
    if raw:
        actions_changed([instance.pk], using)


def follow_loaded(instance: Any, raw: bool, using: str, **kwargs: Any) -> None:
    if raw:
        follows_changed([instance.pk], using)


def follow_deleted(instance: Any, using: str, origin: Any = None, **kwargs: Any) -> None:
    # What goes with a deleted user or object is hidden by the join with its actions.
    if getattr(origin, "model", type(origin)) is type(instance):
        outbox.enqueue(Job.Kind.PURGE, [{"user": instance.user_id}], using)
