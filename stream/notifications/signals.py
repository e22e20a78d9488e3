"""The hook for channels such as mail and push."""

from django.dispatch import Signal

__all__ = ["delivered"]

#: Sent after the commit with ``sender=Notification``, ``action``, ``count``, ``using``,
#: ``recipients``, their keys, and ``notifications``, a lazy queryset of the batch: once for each
#: batch of up to some thousand recipients. What a handler raises is logged, and the others are
#: called.
delivered = Signal()
