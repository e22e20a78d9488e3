"""The manager of actions, and custom streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

from django.conf import settings
from django.db.models import Manager, Q, QuerySet

from stream.actions.finding import VISIBLE_BY
from stream.actions.sending import ActionQuerySet
from stream.arc.reading import is_of_whole_rows
from stream.arc.rules import signed_in
from stream.arc.visibility import guards
from stream.base import BaseAction
from stream.conf import load_subclass

DEFAULT = "stream.managers.ActionManager"

__all__ = ["ActionManager", "ActionQuerySet", "stream"]

_P = ParamSpec("_P")
_Row = TypeVar("_Row", bound=BaseAction)


# The plugin of django-stubs knows this only as a separate statement.
_FromQuerySet = Manager.from_queryset(ActionQuerySet)


class ActionManager(_FromQuerySet[_Row]):
    """The default manager of actions; subclass it for custom streams."""

    def with_messages(self) -> Self:
        """Return the manager of all actions, messages too: this one, unless a subclass differs.

        Messages are what ``send_notification`` sends, actions for their recipients alone.
        """
        return self

    def visible_to(self, user: Any) -> ActionQuerySet[_Row]:
        """What a user may see, with their messages; see the queryset's method."""
        rows: Any = self.with_messages().get_queryset()
        return rows.visible_to(user)  # type: ignore[no-any-return]

    def reads_as_usual(self) -> bool:
        """Tell whether the manager's queryset reads all actions, and nothing else."""
        rows = self.with_messages().all()
        return is_of_whole_rows(rows) and not rows.query.has_filters()

    def hides_objects_from(self, user: Any) -> bool:
        """Tell whether some objects, and so actions, may be hidden from a user. No query."""
        return bool(guards(self.model, signed_in(user, "hides_objects_from")))

    def visible_among(self, actions: Iterable[BaseAction], user: Any) -> list[BaseAction]:
        """Return those of these actions that ``visible_to(user)`` gives.

        One query where some are neither public nor have a role for the user, where objects are
        hidden from the user, or where a custom class overrides ``visible_to``; else none.
        """
        found = list(actions)
        if self._hides_only_what_is_private(user):
            user = signed_in(user, "visible_among")
            seen = [
                each
                for each in found
                if each.public or (user and not each.is_message and each.has_role(user))
            ]
            if len(seen) == len(found) or user is None or not VISIBLE_BY:
                return seen
        return self._visible(found, user)

    def visible_among_delivered(self, actions: Iterable[BaseAction], user: Any) -> list[BaseAction]:
        """Like ``visible_among``, of actions that were all delivered to a user, who may see them.

        One query where objects are hidden from the user or a custom class overrides
        ``visible_to``, else none.
        """
        found = list(actions)
        return found if self._hides_only_what_is_private(user) else self._visible(found, user)

    def _hides_only_what_is_private(self, user: Any) -> bool:
        return (
            type(self).visible_to is ActionManager.visible_to
            and type(self.all()).visible_to is ActionQuerySet.visible_to
            and self.reads_as_usual()
            and not self.hides_objects_from(user)
        )

    def _visible(self, found: list[BaseAction], user: Any) -> list[BaseAction]:
        visible = self.visible_to(user).filter(pk__in=[each.pk for each in found]).order_by()
        keys = set(visible.values_list("pk", flat=True))
        return [each for each in found if each.pk in keys]


def stream(method: Callable[_P, Any]) -> Callable[_P, ActionQuerySet[Any]]:
    """Make a custom stream of a manager's method that returns conditions.

    The method returns a dict of filters, or a tuple of dicts, of which one must be met: the stream
    has public actions only, with their objects. A queryset is returned as it is. Raises TypeError
    for anything else.
    """

    @wraps(method)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> ActionQuerySet[Any]:
        result = method(*args, **kwargs)
        if isinstance(result, QuerySet):
            return result  # type: ignore[return-value]
        alternatives = (result,) if isinstance(result, dict) else result
        if not isinstance(alternatives, tuple | list) or not all(
            isinstance(each, dict) for each in alternatives
        ):
            raise TypeError(
                f"{method.__qualname__}() returned {result!r:.80}; "
                f"return a dict, a tuple of dicts or a queryset of actions"
            )
        held = Q() if alternatives else Q(pk__in=[])
        for each in alternatives:
            held |= Q(**each)
        manager: Any = args[0]
        rows: ActionQuerySet[Any] = manager.public().filter(held).with_objects()
        return rows

    wrapped.is_stream = True  # type: ignore[attr-defined]
    return wrapped


def load_manager() -> Any:
    """Return an instance of what ``STREAM_ACTION_MANAGER`` names. Raises ImproperlyConfigured."""
    name = getattr(settings, "STREAM_ACTION_MANAGER", DEFAULT)
    return load_subclass("STREAM_ACTION_MANAGER", name, DEFAULT)()
