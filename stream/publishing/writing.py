"""Writing the actions of models that publish themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.db.models import Model, prefetch_related_objects

from stream.actions.building import build_action
from stream.actions.sending import ActionQuerySet
from stream.arc.rules import concrete_model
from stream.publishing.hooks import (
    ROLE_OF_HOOK,
    action_model,
    is_expression,
    read,
    related_names,
)

if TYPE_CHECKING:
    from stream.models import Action

KIND_CHARACTERS = 100  # of the kind of a notification


def build(obj: Model, using: str, otherwise: Any = None) -> Action | None:
    """Return the unsaved action that an object publishes, or None if nobody acts.

    ``otherwise`` is the time if no hook gives one. Raises what ``action.send`` raises.
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
    action, _ = build_action(model, f"{obj._meta.object_name}.activity", using, arguments)
    model.origin.field_for(obj).set_object(action, obj)
    return action


@contextmanager
def as_stored(objects: Sequence[Model], using: str) -> Iterator[None]:
    """Replace expressions in fields by what the database has, for hooks to read. At most one query.

    Django 6 does so itself. Before, the fields hold the expressions again when this ends, as Django
    leaves them.
    """
    held = {obj.pk: _expressions(obj) for obj in objects}
    if names := {name for expressions in held.values() for name in expressions}:
        keys = [pk for pk, expressions in held.items() if expressions]
        same = type(objects[0])._base_manager.using(using).filter(pk__in=keys)
        stored = {values["pk"]: values for values in same.values("pk", *names)}
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
    """Write the action of a new object, if somebody acts, and notify. One query for the action."""
    if action_model().origin.field_for(obj).related_model is not concrete_model(obj):
        return update(obj, using)  # a child, of whose parent there may be an action already
    return _add(obj, build(obj, using), using)


def _add(obj: Model, action: Action | None, using: str) -> Action | None:
    if action:
        action.save(force_insert=True, using=using)
        notify_of((obj, action))
    return action


def publish_many(objects: Sequence[Model], using: str, notify: bool = True) -> int:
    """Write the actions of new objects of a model. One query, and one for each relation read."""
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
    """Write, change or delete the action as the hooks now say. At most two queries."""
    model = action_model()
    column = model.origin.field_for(obj).name
    # Locked, for a snapshot that is older than the lock of the object's row may not hold it yet.
    actions = model._base_manager.using(using).select_for_update()
    old = actions.filter(**{column: obj.pk}).first()
    new = build(obj, using, old and old.datetime)
    if old is None:
        return _add(obj, new, using)
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
    """Make the action as public as its object. One query."""
    model, public = action_model(), bool(read(obj, "activity_public"))
    column = model.origin.field_for(obj).name
    # Not by the site's manager, which may leave some out, nor by a plain queryset, whose updates
    # stored timelines do not hear of.
    actions: Any = ActionQuerySet(model, using=using)
    actions.filter(**{column: obj.pk}).exclude(public=public).update(public=public)


def notify_of(*published: tuple[Model, Action]) -> None:
    """Notify the users that the hooks of these objects give, of their actions.

    The kind of the notifications is the verb.
    """
    by_verb = defaultdict[str, list[Any]](list)
    for obj, action in published:
        if (recipients := _recipients(obj)) is not None:
            by_verb[action.verb].append((recipients, action))
    for verb, deliveries in by_verb.items():
        kind = verb if len(verb) <= KIND_CHARACTERS else ""
        import_module("stream.notifications").notify_many(deliveries, kind=kind)


def _recipients(obj: Model) -> Any:
    recipients = read(obj, "activity_notify")
    if hasattr(recipients, "get_queryset"):  # a manager
        return recipients.all()
    is_empty = isinstance(recipients, list | tuple | set | frozenset) and not recipients
    return None if is_empty else recipients
