"""Slugs, as old addresses have them."""

from stream.contrib.old_modules import old_names

OFFSET = 110909


def id2slug(notification_id: int) -> int:
    """Return the number of a notification in old addresses."""
    return notification_id + OFFSET


def slug2id(slug: str | int) -> int:
    """Return the key of a notification from an old address."""
    return int(slug) - OFFSET


__getattr__ = old_names(__name__, {"long": "builtins.int"})
