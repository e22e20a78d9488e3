"""Jobs for what happens to actions and follows, written in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

from stream import signals
from stream.following import find_follow_model
from stream.models import Action
from stream.timelines import outbox
from stream.timelines.models import Job

UID = "stream.timelines"


def connect() -> None:
    """Listen for actions and follows that are made or changed, and for follows that end."""
    for signal, receiver, sender in _connections():
        signal.connect(receiver, sender=sender, dispatch_uid=UID)


def disconnect() -> None:
    """Stop listening."""
    for signal, _, sender in _connections():
        signal.disconnect(sender=sender, dispatch_uid=UID)


def _connections() -> Iterator[tuple[Signal, Callable[..., None], Any]]:
    yield signals.actions, actions_sent, Action
    yield signals.actions_changed, actions_changed, Action
    yield post_save, action_loaded, Action
    if follow := find_follow_model():
        yield follow.changed, follows_changed, follow
        yield post_save, follow_loaded, follow
        yield post_delete, follow_deleted, follow


def actions_sent(instances: Sequence[Action], **kwargs: Any) -> None:
    using: Any = instances[0]._state.db  # where they have been written
    actions_changed([action.pk for action in instances], using)


def actions_changed(keys: Sequence[Any], using: str, **kwargs: Any) -> None:
    outbox.enqueue_for(Job.Kind.FAN_OUT, "actions", keys, using)


def follows_changed(keys: Sequence[Any], using: str, **kwargs: Any) -> None:
    outbox.enqueue_for(Job.Kind.COPY_IN, "follows", keys, using)


# Fixtures send no other signal.


def action_loaded(instance: Action, raw: bool, using: str, **kwargs: Any) -> None:
    if raw:
        actions_changed([instance.pk], using)


def follow_loaded(instance: Any, raw: bool, using: str, **kwargs: Any) -> None:
    if raw:
        follows_changed([instance.pk], using)


def follow_deleted(instance: Any, using: str, origin: Any = None, **kwargs: Any) -> None:
    # A follow that goes with its user or object needs no job: reading checks what is followed.
    if getattr(origin, "model", type(origin)) is type(instance):
        outbox.enqueue(Job.Kind.PURGE, [{"user": instance.user_id}], using)
