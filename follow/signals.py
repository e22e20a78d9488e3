"""Signals: ``sender`` is the registered model; ``user``, ``target`` and ``instance``."""

from django.dispatch import Signal

#: Sent for each new follow, never for fixtures, in the transaction that writes it.
followed = Signal()

#: Sent for each follow that ends, also because its user or target is deleted: then ``user`` or
#: ``target`` may be None.
unfollowed = Signal()

#: Sent with ``sender=Follow``, ``keys`` and ``using`` for follows that are made or changed: by
#: ``save()``, ``bulk_create()``, ``update()`` and ``bulk_update()``, in the transaction that writes
#: them. Once for each thousand.
follows_changed = Signal()
