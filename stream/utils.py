"""Registering models and sending actions. Safe to import from any app's models.py or apps.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from stream.arc.registration import make_register

if TYPE_CHECKING:
    from stream.actions.sending import ActionQuerySet
    from stream.models import Action

__all__ = [
    "action",
    "register_action_object",
    "register_actor",
    "register_context",
    "register_target",
]

register_actor = make_register("register_actor", ("stream", "action", "actor"))
register_target = make_register("register_target", ("stream", "action", "target"))
register_action_object = make_register(
    "register_action_object", ("stream", "action", "action_object")
)
register_context = make_register("register_context", ("stream", "action", "context"))


def _actions(using: str | None) -> ActionQuerySet[Action]:
    try:
        model = apps.get_model("stream", "Action")
    except LookupError:
        raise ImproperlyConfigured(
            "stream.utils: the app is not installed; add 'stream' to INSTALLED_APPS."
        ) from None
    manager: Any = model._default_manager
    actions = manager.using(using) if using else manager.all()
    return cast("ActionQuerySet[Action]", actions)


class action:  # noqa: N801 - the public name of the original
    """Sends actions: ``action.send(ann, "liked", photo)``."""

    @classmethod
    def send(
        cls,
        actor: Model,
        verb: Any,
        target: Model | None = None,
        action_object: Model | None = None,
        description: str | None = None,
        *,
        context: Model | None = None,
        data: dict[str, Any] | None = None,
        public: bool = True,
        datetime: dt.datetime | None = None,
        using: str | None = None,
    ) -> Action:
        """Write an action in one query and send the signal ``stream.signals.action``.

        ``context`` is where it happened, such as a project.
        Raises NotRegistered, TypeError or ValueError before anything is written. Goes to the
        actor's database unless ``using`` names another; all objects must be from the same.
        """
        return _actions(using)._send(
            "action.send",
            actor=actor,
            verb=verb,
            target=target,
            action_object=action_object,
            context=context,
            description=description,
            data=data,
            public=public,
            datetime=datetime,
        )

    @classmethod
    async def asend(cls, *args: Any, **kwargs: Any) -> Action:
        """Like ``send``."""
        return await sync_to_async(cls.send)(*args, **kwargs)

    @classmethod
    def send_many(
        cls,
        arguments: Iterable[Mapping[str, Any]],
        batch_size: int = 1000,
        *,
        using: str | None = None,
    ) -> int:
        """Write an action for each mapping of ``send``'s arguments; return how many.

        All or none: one transaction, one query for each ``batch_size`` actions, of which no more
        than one batch is in memory. The signal is sent for each.
        """
        return _actions(using)._send_many("action.send_many", arguments, batch_size)
