"""Signals."""

from django.dispatch import Signal

#: Sent with ``sender=Action`` and ``instance`` for each new action, also of those sent in bulk,
#: never for fixtures. Handlers run in the transaction that writes the action: where one raises,
#: nothing is written.
action = Signal()
