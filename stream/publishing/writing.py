"""Writing the actions of models that publish themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Model, prefetch_related_objects

from stream.actions.building import build_action
from stream.actions.sending import ActionQuerySet
from stream.arc.rules import concrete_model
from stream.publishing.hooks import ROLE_OF_HOOK, is_expression, read, related_names

if TYPE_CHECKING:
    from stream.models import Action


def action_model() -> type[Action]:
    return apps.get_model("stream", "Action")


def build(obj: Model, using: str, otherwise: Any = None) -> Action | None:
    """Return the unsaved action that an object publishes; None where nobody acts.

    ``otherwise`` is the time where no hook gives one. Raises what ``action.send`` raises.
    """
    objects = {role: read(obj, hook) for hook, role in ROLE_OF_HOOK.items()}
    actor = objects["actor"]
    if actor is None or getattr(actor, "is_anonymous", False):
        return None
    arguments = {
        **objects,
        "verb": obj.activity_verb,  # type: ignore[attr-defined]
        "data": read(obj, "activity_data"),
        "public": bool(read(obj, "activity_public")),
        "datetime": read(obj, "activity_time") or otherwise,
    }
    model = action_model()
    column = model.origin.field_for(obj)
    action, _ = build_action(model, f"{obj._meta.object_name}.activity", using, arguments)
    column.set_object(action, obj)
    return action


@contextmanager
def as_stored(objects: Sequence[Model], using: str) -> Iterator[None]:
    """Let hooks read what the database has where fields hold expressions: one query, or none.

    Django 6 reads such fields itself. Before, they hold the expressions again when this ends, as
    Django leaves them.
    """
    held = {obj.pk: _expressions(obj) for obj in objects}
    if names := {name for expressions in held.values() for name in expressions}:
        keys = [pk for pk, expressions in held.items() if expressions]
        rows = type(objects[0])._base_manager.using(using).filter(pk__in=keys)
        stored = {row["pk"]: row for row in rows.values("pk", *names)}
        for obj in objects:
            for name in held[obj.pk] if obj.pk in stored else ():
                setattr(obj, name, stored[obj.pk][name])
    try:
        yield
    finally:
        for obj in objects:
            obj.__dict__.update(held[obj.pk])


def _expressions(obj: Model) -> dict[str, Any]:
    loaded = obj.__dict__
    names = [field.attname for field in obj._meta.concrete_fields if not field.primary_key]
    return {name: loaded[name] for name in names if is_expression(loaded.get(name))}


def publish(obj: Model, using: str) -> Action | None:
    """Write the action of a new object, if somebody acts: one query; then notify."""
    if action_model().origin.field_for(obj).related_model is not concrete_model(obj):
        return update(obj, using)  # a child, of whose parent there may be an action already
    if action := build(obj, using):
        action.save(force_insert=True, using=using)
        notify_of((obj, action))
    return action


def publish_many(objects: Sequence[Model], using: str, notify: bool = True) -> int:
    """Write the actions of new objects of one model: one query, and one for each relation read."""
    if not objects:
        return 0
    with as_stored(objects, using):
        prefetch_related_objects(objects, *related_names(type(objects[0])))
        built = [(obj, action) for obj in objects if (action := build(obj, using))]
        if built:
            actions: Any = action_model()._default_manager.using(using)
            actions._write([action for _, action in built])
        if notify:
            notify_of(*built)
    return len(built)


def update(obj: Model, using: str) -> Action | None:
    """Write, change or remove the action as the hooks now say: two queries at most."""
    model = action_model()
    column = model.origin.field_for(obj).name
    # Locked, since a snapshot of before the object's row was locked may not hold it yet.
    rows = model._base_manager.using(using).select_for_update()
    old = rows.filter(**{column: obj.pk}).first()
    new = build(obj, using, old and old.datetime)
    if old is None:
        if new:
            new.save(force_insert=True, using=using)
            notify_of((obj, new))
        return new
    if new is None:
        old.delete()
        return None
    new.pk, new.description = old.pk, old.description
    new._state.adding = False
    names = [field.attname for field in model._meta.concrete_fields]
    changed = [name for name in names if getattr(new, name) != getattr(old, name)]
    if changed:
        new.save(update_fields=changed, using=using)
    return new


def update_public(obj: Model, using: str) -> None:
    """Make the action as public as the object: one query."""
    model, public = action_model(), bool(read(obj, "activity_public"))
    column = model.origin.field_for(obj).name
    # Not by the manager of the site, which may leave some out, nor by a plain one: stored timelines
    # hear of what this class updates.
    rows: Any = ActionQuerySet(model, using=using)
    rows.filter(**{column: obj.pk}).exclude(public=public).update(public=public)


def notify_of(*published: tuple[Model, Action]) -> None:
    """Notify of objects and their actions whom the objects' hooks give."""
    deliveries = [(_recipients(obj), action) for obj, action in published]
    if deliveries := [(found, action) for found, action in deliveries if found is not None]:
        import_module("stream.notifications").notify_many(deliveries)


def _recipients(obj: Model) -> Any:
    found = read(obj, "activity_notify")
    if hasattr(found, "get_queryset"):  # a manager
        return found.all()
    is_empty = isinstance(found, list | tuple | set | frozenset) and not found
    return None if is_empty else found
