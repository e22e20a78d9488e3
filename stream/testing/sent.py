"""Which actions a test has sent: found in the database, compared, and said in an error."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections, router
from django.db.models import Max, Model

from stream.actions.sending import ActionQuerySet
from stream.arc.names import object_name
from stream.arc.rules import key_of, shown
from stream.base import untranslated
from stream.models import Action
from stream.text import ROLES

MOST_SHOWN = 20  # actions in an error
NOT_GIVEN: Any = ...  # since None means "without"


class capture_actions:  # noqa: N801 - it reads like a function
    """Give the actions that are sent inside a ``with`` or ``async with`` block, oldest first.

    The list is filled at the end of the block with the new rows of the table: private ones and
    those sent in bulk too, without what was rolled back or deleted. Two queries, and those of the
    objects. ``using`` is the database, by default that of the router.
    """

    def __init__(self, using: str | None = None) -> None:
        self._using = using or router.db_for_write(Action)
        self._sent: list[Action] = []
        self._last = 0

    def __enter__(self) -> list[Action]:
        self._last = _actions(self._using).aggregate(last=Max("pk"))["last"] or 0
        return self._sent

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Else the error of a statement ended the transaction, and none of its actions stays.
        if not connections[self._using].needs_rollback:
            self._sent[:] = self.so_far()

    async def __aenter__(self) -> list[Action]:
        return await sync_to_async(self.__enter__)()

    async def __aexit__(self, *raised: Any) -> None:
        await sync_to_async(self.__exit__)(*raised)

    def so_far(self) -> list[Action]:
        """Read the actions that were sent since the block began, oldest first."""
        return list(_actions(self._using).filter(pk__gt=self._last).with_objects())


def assert_action_sent(
    verb: Any,
    *,
    actor: Model | None = NOT_GIVEN,
    target: Model | None = NOT_GIVEN,
    action_object: Model | None = NOT_GIVEN,
    context: Model | None = NOT_GIVEN,
    description: str = NOT_GIVEN,
    data: dict[str, Any] = NOT_GIVEN,
    public: bool = NOT_GIVEN,
    count: int = 1,
    among: Iterable[Action] | None = None,
    using: str | None = None,
) -> list[Action]:
    """Assert that so many actions were sent with this verb and these objects; return them.

    Only what is given is compared; ``None`` means without an object. ``among`` are the actions to
    look at, such as those of ``capture_actions()``, by default all of the database. Raises
    AssertionError, which lists the actions that there are, the most similar first; NotRegistered
    or ValueError for an object that no action can have.
    """
    objects = {"actor": actor, "target": target, "action_object": action_object, "context": context}
    fields = {"description": description, "data": data, "public": public}
    wanted = {"verb": untranslated(verb)}
    for name, value in (objects | fields).items():
        if value is not NOT_GIVEN:
            wanted[name] = value
            if name in ROLES and value is not None:
                Action.arcs[name].field_for(value), key_of(value)  # raise for impossible objects
    actions = _actions(using).with_objects() if among is None else among
    compared = [(_differences(action, wanted), action) for action in actions]
    found = [action for different, action in compared if not different]
    if len(found) != count:
        raise AssertionError(_complaint(wanted, count, compared))
    return found


def _actions(using: str | None) -> ActionQuerySet[Action]:
    """All actions, whatever the site's manager leaves out, oldest first."""
    actions: ActionQuerySet[Action] = ActionQuerySet(Action)
    return actions.using(using or router.db_for_write(Action)).order_by("pk")


def _differences(action: Action, wanted: dict[str, Any]) -> list[str]:
    return [name for name, value in wanted.items() if not _is_same(action, name, value)]


def _is_same(action: Action, name: str, value: Any) -> bool:
    if name not in ROLES:
        return bool(getattr(action, name) == value)
    filled = action.arcs[name].filled_field(action)
    if value is None or filled is None:
        return filled is value
    key = value._meta.pk.to_python(value.pk)
    return filled is action.arcs[name].field_for(value) and getattr(action, filled.attname) == key


def _complaint(wanted: dict[str, Any], count: int, compared: list[tuple[list[str], Action]]) -> str:
    number = sum(not different for different, _ in compared)
    asked = ", ".join(f"{name}={_in_words(value)}" for name, value in wanted.items())
    lines = [f"sent {number} times, not {count}: {asked}"]
    if not compared:
        return f"{lines[0]}\nThere are no actions."
    lines.append(f"There are {len(compared)}, the most similar first:")
    nearest = sorted(compared, key=lambda each: (len(each[0]), "verb" in each[0]))
    for different, action in nearest[:MOST_SHOWN]:
        differs = f"  <- other {', '.join(different)}" if different else ""
        lines.append(f"- {_action_in_words(action, wanted)}{differs}")
    if len(compared) > MOST_SHOWN:
        lines.append(f"- and {len(compared) - MOST_SHOWN} more")
    return "\n".join(lines)


def _action_in_words(action: Action, wanted: dict[str, Any]) -> str:
    roles = {role: getattr(action, role) for role in ROLES}
    said: dict[str, Any] = {"verb": action.verb}
    said |= {role: obj for role, obj in roles.items() if obj is not None or role in wanted}
    said |= {name: getattr(action, name) for name in wanted if name not in said}
    return ", ".join(f"{name}={_in_words(value)}" for name, value in said.items())


def _in_words(value: Any) -> str:
    return f"{shown(value)} ({object_name(value)})" if isinstance(value, Model) else repr(value)
