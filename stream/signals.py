"""Signals."""

from django.dispatch import Signal

__all__ = ["action", "actions", "actions_changed"]

#: Sent with ``sender=Action`` and ``instance`` for each new action, also of those sent in bulk,
#: never for fixtures and for what ``send_notification`` sends. Handlers run in the transaction that
#: writes the action: where one raises, nothing is written.
action = Signal()

#: Sent with ``sender=Action`` and ``instances``, a list of new actions, after ``action`` and in the
#: same transaction: once for ``action.send``, once for each batch of those sent in bulk.
actions = Signal()

#: Sent with ``sender=Action``, ``keys`` and ``using`` for actions whose time, objects or ``public``
#: may have changed: by ``save()``, ``update()``, ``bulk_update()`` and what publishes itself, in
#: the transaction that changes them. Once for each thousand.
actions_changed = Signal()
