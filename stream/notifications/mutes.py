"""What a user wants no notifications of: kinds, verbs and objects."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q

from stream.arc.rules import NotRegistered, concrete_model, key_of, shown, signed_in
from stream.arc.values import refuse_values
from stream.base import untranslated
from stream.models import Action
from stream.notifications.levels import Level, checked_way
from stream.notifications.models import Mute, database_of

MUTES_PER_USER = 1000  # by requests

KEY = "kind", "verb", "model", "object_id"
Key = tuple[str, str, str, str]


def mute(user: Any, obj: Model | None = None, *, verb: Any = None, kind: str | None = None) -> bool:
    """Stop notifications of an object in any role, of a verb or of a kind; tell whether it is new.

    Raises NotRegistered, TypeError or ValueError.
    """
    manager, what = _mutes("mute", user), _what("mute", obj, verb, kind)
    if obj is not None and not _is_in_actions(obj):
        raise NotRegistered(
            f"mute({shown(obj)}): no action can have such an object; register its model"
        )
    return manager.get_or_create(user_id=user.pk, **what)[1]  # type: ignore[no-any-return]


def has_room(
    user: Any, obj: Model | None = None, *, verb: Any = None, kind: str | None = None
) -> bool:
    """Tell whether a request may mute what ``mute`` takes. One query, or two at the limit.

    Without a limit, requests with ever new verbs would make rows without end.
    """
    mutes = _mutes("has_room", user).filter(user_id=user.pk)
    return mutes[:MUTES_PER_USER].count() < MUTES_PER_USER or is_muted(
        user, obj, verb=verb, kind=kind
    )


def unmute(
    user: Any, obj: Model | None = None, *, verb: Any = None, kind: str | None = None
) -> bool:
    """Take a mute back; tell whether there was one."""
    manager, what = _mutes("unmute", user), _what("unmute", obj, verb, kind)
    return bool(manager.filter(user_id=user.pk, **what).delete()[0])


def is_muted(
    user: Any, obj: Model | None = None, *, verb: Any = None, kind: str | None = None
) -> bool:
    """Tell whether a user has muted an object, a verb or a kind. Nobody signed in: False."""
    what = _what("is_muted", obj, verb, kind)
    if signed_in(user, "is_muted") is None:
        return False
    return bool(_mutes("is_muted", user).filter(user_id=user.pk, **what).exists())


def mutes_of(action: Action, kind: str) -> set[Key]:
    """Return the mutes that hold an action of a kind back. No query."""
    mutes = {("", action.verb, "", "")}
    if kind:
        mutes.add((kind, "", "", ""))
    for arc in action.arcs.values():
        if held := arc.model_and_key(action):
            mutes.add(("", "", *object_key(*held)))
    return mutes


def muting(action: Action, kind: str) -> Q:
    """Build the condition that a mute holds an action of a kind back. No query."""
    held = Q()
    for key in sorted(mutes_of(action, kind)):
        held |= Q(**dict(zip(KEY, key, strict=True)))
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
    return Mute._default_manager.using(database_of(user))


def _is_in_actions(obj: Model) -> bool:
    """Tell whether actions may have an object, or a child or parent of it: they share its key."""
    model = concrete_model(obj)
    known = {each for arc in Action.arcs.values() for each in arc.models}
    return any(issubclass(model, each) or issubclass(each, model) for each in known)


def _what(call: str, obj: Model | None, verb: Any, kind: Any) -> dict[str, str]:
    if [obj, verb, kind].count(None) != 2:
        raise TypeError(f"{call}(): pass an object, verb='liked' or kind='mention', one of them")
    if kind is not None:
        checked_way(call, kind, Level.INFO)
        if not kind:
            raise ValueError(f"{call}(kind=''): notifications without a kind cannot be muted by it")
        return dict(zip(KEY, (kind, "", "", ""), strict=True))
    if obj is not None:
        if not isinstance(obj, Model) or obj.pk is None:
            raise TypeError(f"{call}({obj!r:.80}): pass a saved object, or verb='liked'")
        model, object_id = object_key(concrete_model(obj), key_of(obj))
        return dict(zip(KEY, ("", "", model, object_id), strict=True))
    verb = untranslated(verb)
    if not isinstance(verb, str) or not verb.strip() or len(verb) > 255:
        raise ValueError(
            f"{call}(verb={verb!r:.80}): a verb is a text of 1 to 255 characters such as 'liked'"
        )
    refuse_values(Mute, {"verb": verb}, call)
    return dict(zip(KEY, ("", verb, "", ""), strict=True))
