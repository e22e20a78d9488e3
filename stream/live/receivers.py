"""What is told: new actions, new notifications, and users whose sign-in may have ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import router

from stream.live.signing_in import mark_of
from stream.live.telling import tell
from stream.models import Action


def actions_sent(instances: Sequence[Action], **kwargs: Any) -> None:
    using: Any = instances[0]._state.db  # where they have been written
    tell("actions", [action.pk for action in instances], using)


def actions_changed(keys: Sequence[Any], using: str, **kwargs: Any) -> None:
    tell("actions", keys, using)  # one may be public from now on


def delivered(recipients: Sequence[Any], using: str, **kwargs: Any) -> None:
    tell("notified", recipients, using)


def user_saved(instance: Any, using: str, created: bool, **kwargs: Any) -> None:
    if not created:
        tell("users", [instance.pk], using)


def user_deleted(instance: Any, using: str, **kwargs: Any) -> None:
    tell("users", [instance.pk], using)


def signed_out(request: Any, user: Any, **kwargs: Any) -> None:
    session = getattr(request, "session", None)
    if user is not None and session is not None:  # which Django deletes after this
        tell("ended", [mark_of(session.session_key)], router.db_for_write(user._meta.model))
