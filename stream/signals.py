"""Signals."""

from django.dispatch import Signal

#: Sent for each new action, sent in bulk or not, never for fixtures: ``sender=Action``, ``instance``.
#: Handlers run in the transaction that writes the action: one that raises takes the action back.
action = Signal()
