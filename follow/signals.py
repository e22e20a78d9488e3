"""Signals: ``sender`` is the registered model; ``user``, ``target`` and ``instance``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.db.models.signals import post_delete
from django.dispatch import Signal

__all__ = ["followed", "follows_changed", "unfollowed"]


class DeletionSignal(Signal):
    """Listens to ``post_delete`` of follows while somebody listens to this signal.

    Only then, since otherwise Django deletes the follows of a user or object by one statement,
    without loading them.
    """

    def connect(self, *args: Any, **kwargs: Any) -> None:
        super().connect(*args, **kwargs)
        post_delete.connect(send_unfollowed, "follow.Follow", dispatch_uid="follow.unfollowed")

    def disconnect(self, *args: Any, **kwargs: Any) -> bool:
        was_connected = super().disconnect(*args, **kwargs)
        if not self.receivers:
            post_delete.disconnect(sender="follow.Follow", dispatch_uid="follow.unfollowed")
        return was_connected


#: Sent for each new follow, never for fixtures, in the transaction that writes it.
followed = Signal()

#: Sent for each follow that ends. Where it ends because its user or target is deleted, ``user`` or
#: ``target`` may be None.
unfollowed = DeletionSignal()

#: Sent with ``sender=Follow``, ``keys`` and ``using`` for follows that are made or changed: by
#: ``save()``, ``bulk_create()``, ``update()`` and ``bulk_update()``, in the transaction that writes
#: them. Once for each thousand.
follows_changed = Signal()


def send_unfollowed(instance: Any, **kwargs: Any) -> None:
    """Send ``unfollowed``. Its user and target are fetched only if somebody listens."""
    field = instance.arcs["target"].filled_field(instance)
    sender = field and field.related_model
    if unfollowed.has_listeners(sender):
        try:
            user: Model | None = instance.user
        except ObjectDoesNotExist:  # deleted just now, together with what it follows
            user = None
        unfollowed.send(sender, user=user, target=instance.target, instance=instance)
