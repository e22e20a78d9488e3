"""The manager of actions, and streams of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db.models import Manager, Q, QuerySet

from stream.actions.sending import ActionQuerySet
from stream.arc.reading import is_of_whole_rows
from stream.arc.rules import signed_in
from stream.base import BaseAction
from stream.conf import load_subclass

DEFAULT = "stream.managers.ActionManager"

__all__ = ["ActionManager", "ActionQuerySet", "stream"]

_P = ParamSpec("_P")
_Row = TypeVar("_Row", bound=BaseAction)


# A statement of its own is what the plugin of django-stubs knows.
_FromQuerySet = Manager.from_queryset(ActionQuerySet)


class ActionManager(_FromQuerySet[_Row]):
    """The default manager of actions; subclass it for streams of your own."""

    def reads_as_usual(self) -> bool:
        """Tell whether all actions are read, and nothing with them."""
        rows = self.all()
        return is_of_whole_rows(rows) and not rows.query.has_filters()

    def visible_among(self, actions: Iterable[BaseAction], user: Any) -> list[BaseAction]:
        """Return those of these actions that ``visible_to(user)`` gives.

        No query, but one where a class of one's own says what is visible.
        """
        found = list(actions)
        if (
            type(self).visible_to is ActionManager.visible_to
            and type(self.all()).visible_to is ActionQuerySet.visible_to
            and self.reads_as_usual()
        ):
            user = signed_in(user, "visible_among")
            return [each for each in found if each.public or (user and each.has_role(user))]
        visible = self.visible_to(user).filter(pk__in=[each.pk for each in found]).order_by()
        keys = set(visible.values_list("pk", flat=True))
        return [each for each in found if each.pk in keys]


def stream(method: Callable[_P, Any]) -> Callable[_P, ActionQuerySet[Any]]:
    """Make a stream of a manager's method that returns conditions.

    A dict holds filters that all must be met, a tuple of dicts alternatives, each as a stream of
    public actions with their objects; a queryset is taken as it is. Anything else is a TypeError.
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
