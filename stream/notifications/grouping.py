"""The group of a notification: a number made of what its action shares with others."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from stream.groups.keys import GroupBy

if TYPE_CHECKING:
    from stream.models import Action

DEFAULT = ("verb", "object", "day")
NAME = "STREAM_NOTIFICATION_GROUP_BY"


def group_by() -> GroupBy | Callable[[Action], Hashable]:
    """Return what ``STREAM_NOTIFICATION_GROUP_BY`` says: names of ``GroupBy`` or a function."""
    value: Any = getattr(settings, NAME, DEFAULT)
    if isinstance(value, str):
        function: Callable[[Action], Hashable] = import_string(value)
        return function
    return GroupBy(*value)


def group_of(action: Action) -> int:
    """Return the number of an action's group: 63 bits of a hash, which every database holds."""
    how = group_by()
    key = how.key_of(action) if isinstance(how, GroupBy) else how(action)
    digest = blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def common_to(action: Action) -> list[str]:
    """Return the fields in which all actions of this action's group are equal."""
    how = group_by()
    return how.common_to(action) if isinstance(how, GroupBy) else []


def check_group_by(**kwargs: Any) -> list[CheckMessage]:
    """Check that the setting names what there is."""
    try:
        how = group_by()
    except (ImportError, TypeError, ValueError) as error:
        return [_error(str(error))]
    if not isinstance(how, GroupBy) and not callable(how):
        return [_error(f"{how!r:.80} is no function")]
    return []


def _error(said: str) -> Error:
    return Error(
        f"{NAME}: {said}.",
        hint="Write names such as ('verb', 'object', 'day'), or the path of a function of an "
        "action.",
        id="stream_notifications.E001",
    )
