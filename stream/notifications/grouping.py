"""The group of a notification: a number made from what its action shares with others."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
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
    return _by_names(*value)


@lru_cache(maxsize=8)
def _by_names(*names: Any) -> GroupBy:
    return GroupBy(*names)


def group_of(action: Action) -> int:
    """Return the number of an action's group: 63 bits of a hash, which fit every database."""
    how = group_by()
    key: Hashable = action.pk
    if not action.is_message or _has_object(action):  # else it is a text of its own
        key = how.key_of(action) if isinstance(how, GroupBy) else how(action)
    digest = blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _has_object(action: Action) -> bool:
    """Tell whether an action has a target or an action object. They are not loaded."""
    return any(action.arcs[role].filled_field(action) for role in ("target", "action_object"))


def common_to(action: Action) -> list[str]:
    """Return the fields in which all actions of this action's group are equal."""
    how = group_by()
    return how.common_to(action) if isinstance(how, GroupBy) else []


def check_group_by(**kwargs: Any) -> list[CheckMessage]:
    """Check the setting: E001."""
    try:
        how = group_by()
        if not isinstance(how, GroupBy) and not callable(how):
            raise TypeError(f"{how!r:.80} is no function")
    except (ImportError, TypeError, ValueError) as error:
        return [
            Error(
                f"{NAME}: {error}.",
                hint="Write names such as ('verb', 'object', 'day'), or the path of a function of "
                "an action.",
                id="stream_notifications.E001",
            )
        ]
    return []
