"""What a user wants no notifications of: verbs and objects."""

from __future__ import annotations

from typing import Any

from django.db import router
from django.db.models import Model, Q

from stream.arc.rules import NotRegistered, concrete_model, key_of, shown, signed_in
from stream.arc.values import refuse_values
from stream.base import untranslated
from stream.models import Action
from stream.notifications.models import Mute

MUTES_PER_USER = 1000  # by requests


def mute(user: Any, obj: Model | None = None, *, verb: Any = None) -> bool:
    """Stop notifications of an object, in whatever role, or of a verb; tell whether it is new.

    Raises NotRegistered, TypeError or ValueError.
    """
    manager, what = _mutes("mute", user), _what("mute", obj, verb)
    if obj is not None and not _is_in_actions(obj):
        raise NotRegistered(
            f"mute({shown(obj)}): no action can have such an object; register its model"
        )
    return manager.get_or_create(user_id=user.pk, **what)[1]  # type: ignore[no-any-return]


def has_room(user: Any, obj: Model | None = None, *, verb: Any = None) -> bool:
    """Tell whether a request may mute what ``mute`` takes. One query, or two at the limit.

    Else requests with a verb each would make rows without end.
    """
    found = _mutes("has_room", user).filter(user_id=user.pk)
    return found[:MUTES_PER_USER].count() < MUTES_PER_USER or is_muted(user, obj, verb=verb)


def unmute(user: Any, obj: Model | None = None, *, verb: Any = None) -> bool:
    """Take a mute back; tell whether there was one."""
    manager, what = _mutes("unmute", user), _what("unmute", obj, verb)
    return bool(manager.filter(user_id=user.pk, **what).delete()[0])


def is_muted(user: Any, obj: Model | None = None, *, verb: Any = None) -> bool:
    """Tell whether a user has muted an object or a verb. Nobody signed in: False."""
    what = _what("is_muted", obj, verb)
    if signed_in(user, "is_muted") is None:
        return False
    return bool(_mutes("is_muted", user).filter(user_id=user.pk, **what).exists())


def mutes_of(action: Action) -> set[tuple[str, str, str]]:
    """Return the mutes that hold an action back: verb, model and key of each. No query."""
    found = {(action.verb, "", "")}
    for arc in action.arcs.values():
        if field := arc.filled_field(action):
            key = object_key(field.related_model, getattr(action, field.attname))
            found.add(("", *key))
    return found


def muting(action: Action) -> Q:
    """Build the condition that a mute holds an action back. No query."""
    held = Q()
    for verb, model, object_id in sorted(mutes_of(action)):
        held |= Q(verb=verb, model=model, object_id=object_id)
    return held


def object_key(model: type[Model], pk: Any) -> tuple[str, str]:
    """Return the name of a model's outermost parent, whose keys its children share, and the key."""
    model = concrete_model(model)
    while model._meta.parents:
        model = next(iter(model._meta.parents))
    return model._meta.label_lower, str(model._meta.pk.to_python(pk))


def _mutes(call: str, user: Any) -> Any:
    if signed_in(user, call) is None:
        raise TypeError(f"{call}(): nobody is signed in; pass a saved user")
    return Mute._default_manager.using(router.db_for_write(Mute, instance=user))


def _is_in_actions(obj: Model) -> bool:
    """Tell whether actions may have an object, if need be as a child's: those share its key."""
    model = concrete_model(obj)
    known = {each for arc in Action.arcs.values() for each in arc.models}
    return any(issubclass(model, each) or issubclass(each, model) for each in known)


def _what(call: str, obj: Model | None, verb: Any) -> dict[str, str]:
    if (obj is None) == (verb is None):
        raise TypeError(f"{call}(): pass an object or verb='liked', one of the two")
    if obj is not None:
        if not isinstance(obj, Model) or obj.pk is None:
            raise TypeError(f"{call}({obj!r:.80}): pass a saved object, or verb='liked'")
        model, object_id = object_key(concrete_model(obj), key_of(obj))
        return {"verb": "", "model": model, "object_id": object_id}
    verb = untranslated(verb)
    if not isinstance(verb, str) or not verb.strip() or len(verb) > 255:
        raise ValueError(
            f"{call}(verb={verb!r:.80}): a verb is a text of 1 to 255 characters such as 'liked'"
        )
    refuse_values(Mute, {"verb": verb}, call)
    return {"verb": verb, "model": "", "object_id": ""}
