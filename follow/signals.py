"""Signals: ``sender`` is the registered model; ``user``, ``target`` and ``instance``."""

from django.dispatch import Signal

#: Sent for each new follow, never for fixtures, in the transaction that writes it.
followed = Signal()

#: Sent for each follow that ends, also because its user or target is deleted: then ``user`` or
#: ``target`` may be None.
unfollowed = Signal()
