"""``action.send(ann, verb="liked")`` as a signal that writes the action."""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

from stream import signals
from stream.contrib.actstream.handling import action_handler
from stream.contrib.actstream.telling import quiet, tell

__all__ = ["action"]


OURS = ("sender", "signal")  # arguments of any receiver


class ActionSignal(Signal):
    """Writes an action where it is sent; its receivers are told of each that is written."""

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Write an action; return it beside the handler that has written it."""
        tell(
            "action.send(sender, verb=…)",
            "stream.utils.action.send(actor, verb, …), which returns the action; timestamp= "
            "is datetime=, and further arguments stand in data={…}",
        )
        with quiet():
            return [(action_handler, action_handler(sender=sender, **named))]

    def send_robust(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Like ``send``; it returns an exception in the place of the action."""
        try:
            return self.send(sender, **named)
        except Exception as error:
            return [(action_handler, error)]

    def connect(self, receiver: Any, *args: Any, **kwargs: Any) -> None:
        """Tell a receiver of each new action, in the form it had."""
        if not self.receivers:
            signals.action.connect(self._pass_on, dispatch_uid=__name__)
        tell(
            "action.connect(receiver)",
            "stream.signals.action.connect(receiver), with sender=Action and instance",
        )
        super().connect(receiver, *args, **kwargs)

    def _pass_on(self, instance: Any, **kwargs: Any) -> None:
        optional = ("target", "action_object", "description")
        named = {name: each for name, each in instance.data.items() if name not in OURS}
        named |= {name: getattr(instance, name) for name in optional if getattr(instance, name)}
        named |= {"verb": instance.verb, "public": instance.public, "timestamp": instance.datetime}
        super().send(instance.actor, **named)


action = ActionSignal()
