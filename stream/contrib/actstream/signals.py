"""``action.send(ann, verb="liked")`` as a signal that writes the action."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.dispatch import Signal

from stream import signals
from stream.contrib.actstream.handling import action_handler
from stream.contrib.actstream.telling import quiet, tell

__all__ = ["action"]


OURS = ("sender", "signal")  # arguments of any receiver

# The actions that are written while one is sent: the receivers are told of them after it.
_written: ContextVar[list[Any] | None] = ContextVar("written", default=None)


class ActionSignal(Signal):
    """Writes an action where it is sent; its receivers are told of each that is written.

    They are not told of messages, which the old package had not among its actions.
    """

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Write an action; return it beside the handler that has written it, and the answers."""
        made = self._write(sender, named)
        with quiet(False):
            return [(action_handler, made), *super().send(sender, **named)]

    def send_robust(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Like ``send``; it returns an exception in the place of the action or of an answer."""
        try:
            made = self._write(sender, named)
        except Exception as error:
            made = error
        with quiet(False):
            return [(action_handler, made), *super().send_robust(sender, **named)]

    def _write(self, sender: Any, named: dict[str, Any]) -> Any:
        tell(
            "action.send(sender, verb=…)",
            "stream.utils.action.send(actor, verb, …), which returns the action; timestamp= "
            "is datetime=, and further arguments stand in data={…}",
        )
        written: list[Any] = []
        token = _written.set(written)
        try:
            with quiet():
                made = action_handler(sender=sender, **named)
        finally:
            _written.reset(token)
        for each in written:
            if each is not made:
                self._pass_on(each)
        return made

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
        written = _written.get()
        if instance.is_message:
            return
        if written is not None:
            written.append(instance)
            return
        optional = ("target", "action_object", "description")
        named = {name: each for name, each in instance.data.items() if name not in OURS}
        named |= {name: getattr(instance, name) for name in optional if getattr(instance, name)}
        named |= {"verb": instance.verb} | ({} if instance.public else {"public": False})
        with quiet(False):
            super().send(instance.actor, **named)


action = ActionSignal()
