"""Which objects a reader may view, of those that visible actions name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from stream.arc.requests import are_all_visible, visible_objects
from stream.arc.rules import concrete_model
from stream.models import Action


class Viewable:
    """Which objects of actions that a reader may see the reader may also view.

    Of others no more is shown than the name, which is in the sentence of the action.
    """

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.known: dict[tuple[type[Model], Any], bool] = {}

    def __contains__(self, obj: Model) -> bool:
        place = concrete_model(obj), obj.pk
        if place not in self.known:
            self.look_up([obj])
        return self.known[place]

    def allow(self, objects: Iterable[Model]) -> None:
        """Take objects that were found by what the reader may view."""
        self.known |= {(concrete_model(obj), obj.pk): True for obj in objects}

    def look_up(self, objects: Iterable[Model]) -> None:
        """Ask for many objects at once: one query for each model that hides some, else none."""
        wanted: dict[type[Model], set[Any]] = {}
        for obj in objects:
            wanted.setdefault(concrete_model(obj), set()).add(obj.pk)
        for model, keys in wanted.items():
            shown = keys
            if not are_all_visible(model):
                visible = visible_objects(model, self.reader).filter(pk__in=keys).order_by()
                shown = set(visible.values_list("pk", flat=True))
            self.known |= {(model, key): key in shown for key in keys}


def objects_of(actions: Iterable[Action]) -> list[Model]:
    """Return the objects in all roles of actions that are loaded with them."""
    found = (getattr(action, role) for action in actions for role in action.arcs)
    return [obj for obj in found if obj is not None]


def hide_addresses(actions: Iterable[Action], reader: Any) -> Viewable:
    """Take the addresses away from objects that the reader may not view; return which they may.

    ``object_url`` and so ``object_link`` then say none. Queries as ``Viewable.look_up``.
    """
    viewable, objects = Viewable(reader), objects_of(actions)
    viewable.look_up(objects)
    if not all(viewable.known.values()):
        for obj in objects:
            obj.hides_url = obj not in viewable  # type: ignore[attr-defined]
    return viewable
