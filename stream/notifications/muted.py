"""What people have muted, and what they can mute of a notification, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import router
from django.db.models import Model

from stream.arc.names import object_name
from stream.arc.requests import clean_key, find_model
from stream.arc.rules import concrete_model
from stream.arc.visibility import visible_objects
from stream.models import Action
from stream.notifications.kinds import kind_of
from stream.notifications.models import Mute
from stream.text import verb_label


class Mutable(NamedTuple):
    """What can be muted: in words, and as the fields of a form."""

    label: str
    fields: dict[str, str]


def offered(action: Action, kind: str, user: Any) -> Iterator[Mutable]:
    """Yield what can be muted of a notification: its objects, its verb and its kind."""
    for role in ("target", "action_object", "context", "actor"):
        obj = getattr(action, role)
        if obj is not None and obj != user:
            yield _of_object(obj)
    if action.verb:
        yield Mutable(f"“{verb_label(action.verb)}”", {"verb": action.verb})
    if kind:
        yield Mutable(f"“{kind_of(kind)}”", {"kind": kind})


def _of_object(obj: Model) -> Mutable:
    meta = concrete_model(obj)._meta
    fields = {"app": meta.app_label, "model": meta.model_name or "", "pk": str(obj.pk)}
    return Mutable(object_name(obj), fields)


def mutes_of_user(user: Any) -> list[Mute]:
    """Return what a user has muted, the newest first."""
    rows = Mute._default_manager.using(router.db_for_read(Mute)).filter(user_id=user.pk)
    return list(rows.order_by("-pk"))


def labelled(rows: Iterable[Mute], reader: Any) -> list[Mutable]:
    """Return mutes in words. One query for each model of muted objects.

    Objects that are gone, or hidden from the reader, are named by their model and key.
    """
    keys = defaultdict[str, list[str]](list)
    for row in rows:
        keys[row.model].append(row.object_id)
    objects = {
        (label, str(obj.pk)): obj
        for label, some in keys.items()
        for obj in _objects(label, some, reader)
    }
    return [_labelled(row, objects.get((row.model, row.object_id))) for row in rows]


def _objects(label: str, keys: list[str], reader: Any) -> Iterable[Model]:
    model = find_model(label, Action.arcs.values()) if label else None
    if model is None:
        return []
    clean = [key for key in (clean_key(model, each) for each in keys) if key is not None]
    return visible_objects(model, reader).filter(pk__in=clean)


def _labelled(row: Mute, obj: Model | None) -> Mutable:
    if row.kind:
        return Mutable(str(kind_of(row.kind)), {"kind": row.kind})
    if row.verb:
        return Mutable(f"“{verb_label(row.verb)}”", {"verb": row.verb})
    if obj is not None:
        return _of_object(obj)
    app_label, _dot, model = row.model.partition(".")
    label = f"{row.model} {row.object_id}"
    return Mutable(label, {"app": app_label, "model": model, "pk": row.object_id})
