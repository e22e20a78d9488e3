"""Groups of actions: "ann, bob and 3 others liked photo"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _, ngettext

from stream.arc.names import object_name
from stream.text import sentence

if TYPE_CHECKING:
    from stream.base import BaseAction


class Group:
    """Some actions that are shown as one.

    ``actions`` are the newest of them, newest first, ``actors`` those who acted last, each once.
    ``actor_count`` and ``action_count`` count the whole group; if ``is_exact`` is false, there are
    at least so many. ``key`` is equal for actions of the same group, and ``common`` names what
    their keys have in common, such as "verb" and "target".
    """

    def __init__(
        self,
        actions: Sequence[BaseAction],
        *,
        actors: Sequence[Model] | None = None,
        actor_count: int | None = None,
        action_count: int | None = None,
        key: Hashable = (),
        common: Sequence[str] = (),
        is_exact: bool = True,
    ) -> None:
        if not actions:
            raise ValueError("Group(actions=[]): a group has one action at least")
        self.actions = list(actions)
        acted = [action.actor for action in actions] if actors is None else actors
        self.actors = list(dict.fromkeys(actor for actor in acted if actor is not None))
        self.actor_count = len(self.actors) if actor_count is None else actor_count
        self.action_count = len(self.actions) if action_count is None else action_count
        self.key = key
        self.common = common
        self.is_exact = is_exact

    def __str__(self) -> str:
        actors, names = self.actors_phrase()
        pattern, parts = self.sentence()
        named = {name: object_name(part) for name, part in parts.items()}
        named["actor"] = actors.format(**{name: object_name(each) for name, each in names.items()})
        return pattern.format(**named)

    def __repr__(self) -> str:
        return f"<Group of {self.shown(self.action_count)}: {self}>"

    @property
    def newest(self) -> BaseAction:
        """The newest action."""
        return self.actions[0]

    @property
    def updated_at(self) -> dt.datetime:
        """The time of the newest action."""
        when: dt.datetime = self.newest.datetime
        return when

    def shown(self, count: int) -> str:
        """Return a count of the group as people read it: "200", or "200+" for at least so many."""
        return f"{number_format(count)}{'' if self.is_exact else '+'}"

    @property
    def shown_count(self) -> str:
        """``action_count`` as people read it."""
        return self.shown(self.action_count)

    @property
    def other_count(self) -> int:
        """How many more actors there are than those in ``actors``."""
        return max(self.actor_count - len(self.actors), 0)

    # What all actions of the group have in common, or None.

    @property
    def verb(self) -> str | None:
        return self.newest.verb if self._is_common("verb") else None

    def get_verb_display(self) -> str:
        """Return the label of the common verb, or "" if the verbs differ."""
        return self.newest.get_verb_display() if self._is_common("verb") else ""

    @property
    def is_from_system(self) -> bool:
        return not self.actors and self.newest.is_from_system

    @property
    def actor(self) -> Any:
        if self._is_common("actor") or (self.is_exact and self.actor_count == 1):
            return self.newest.actor
        return None

    @cached_property
    def target(self) -> Any:
        return self.newest.target if self._is_common("target") else None

    @cached_property
    def action_object(self) -> Any:
        return self.newest.action_object if self._is_common("action_object") else None

    @cached_property
    def context(self) -> Any:
        return self.newest.context if self._is_common("context") else None

    def _is_common(self, name: str) -> bool:
        if name in self.common:
            return True
        is_whole = self.is_exact and len(self.actions) == self.action_count
        return is_whole and len({self._value(action, name) for action in self.actions}) == 1

    def _value(self, action: BaseAction, name: str) -> Hashable:
        return key_of_object(action, name) if name in action.arcs else getattr(action, name)

    def actors_phrase(self) -> tuple[str, dict[str, Any]]:
        """Return the translated pattern of a group's actors, and its parts: up to three names.

        In a group that is not exact, the others are "200+ others".
        """
        names = dict(zip(("first", "second", "third"), self.actors, strict=False))
        if not names:
            return _("someone"), {}
        if self.actor_count <= 1:
            return "{first}", names
        if self.actor_count == len(names) == 2:
            return _("{first} and {second}"), names
        if self.actor_count == len(names) == 3:
            return _("{first}, {second} and {third}"), names
        names.pop("third", None)
        count = self.actor_count - len(names)
        number = self._number(count)
        if len(names) == 1:
            pattern = ngettext("{first} and {count} other", "{first} and {count} others", number)
        else:
            pattern = ngettext(
                "{first}, {second} and {count} other",
                "{first}, {second} and {count} others",
                number,
            )
        return pattern, {**names, "count": self.shown(count)}

    def sentence(self) -> tuple[str, dict[str, Any]]:
        """Return a group's translated pattern and its parts; "{actor}" stands for its actors.

        Without a common verb it says how many actions there are.
        """
        if self.get_verb_display():
            return sentence(self)
        number = self._number(self.action_count)
        parts = {"count": self.shown_count, "object": self.target or self.action_object}
        if parts["object"] is None:
            return ngettext(
                "{actor} did {count} thing", "{actor} did {count} things", number
            ), parts
        pattern = ngettext(
            "{actor} did {count} thing with {object}",
            "{actor} did {count} things with {object}",
            number,
        )
        return pattern, parts

    def _number(self, count: int) -> int:
        """Return the number with which the noun of a count agrees: "1+ others" is plural."""
        return count if self.is_exact else max(count, 2)

    def missing_roles(self) -> list[str]:
        """Return the roles whose object all actions have in common, but which is gone."""
        roles = [role for role in self.newest.arcs if role != "actor" and self._is_common(role)]
        missing = missing_roles(self.newest)
        lost = [role for role in roles if role in missing]
        return lost if self.actors or not self.actor_count else ["actor", *lost]


def key_of_object(action: BaseAction, role: str) -> tuple[str, Any] | None:
    """Return the column and key of the object in a role, or None without one. No query."""
    field = action.arcs[role].filled_field(action)
    return (field.name, getattr(action, field.attname)) if field else None


def missing_roles(action: BaseAction) -> list[str]:
    """Return the roles that have the key of an object which is gone."""
    return [
        role
        for role in action.arcs
        if getattr(action, role) is None and key_of_object(action, role) is not None
    ]
