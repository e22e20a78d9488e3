"""Slugs, as old addresses have them."""

OFFSET = 110909


def id2slug(notification_id: int) -> int:
    """Return the number of a notification in old addresses."""
    return notification_id + OFFSET


def slug2id(slug: str | int) -> int:
    """Return the key of a notification from an old address."""
    return int(slug) - OFFSET
