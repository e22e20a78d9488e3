"""The old attributes of actions and follows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldError
from django.urls import reverse
from django.utils.timesince import timesince as since

from stream.arc import Arc
from stream.arc.models import ArcModel
from stream.arc.row import Row
from stream.contrib.actstream.names import (
    CONTENT_TYPE,
    OBJECT_ID,
    column_value,
    content_type,
)
from stream.contrib.actstream.querysets import OldActionQuerySet, OldFollowQuerySet
from stream.contrib.actstream.telling import quiet, tell

PENDING = "halves_of_old"  # in the state of a row: what is known of a role that has no object yet


def give_old_attributes(action: type[Row], follow: type[Row]) -> None:
    """Let actions and follows have their old attributes, and actions read as they did."""
    for model, rows in ((action, OldActionQuerySet), (follow, OldFollowQuerySet)):
        setattr(model, rows.time, _renamed(rows.time, "datetime"))
        model.check_to_write = _check_to_write  # type: ignore[attr-defined]
        for prefix, role in rows.prefixes.items():
            arc = model.arcs[role]
            setattr(model, f"{prefix}{CONTENT_TYPE}", _half(arc, prefix, CONTENT_TYPE))
            setattr(model, f"{prefix}{CONTENT_TYPE}_id", _content_type_id(prefix))
            setattr(model, f"{prefix}{OBJECT_ID}", _half(arc, prefix, OBJECT_ID))
    for role in OldActionQuerySet.prefixes.values():
        setattr(action, f"{role}_url", _url(role))
    action.timesince = _timesince  # type: ignore[attr-defined]
    action.__str__ = _in_words  # type: ignore[method-assign]
    follow.follow_object = _renamed("follow_object", "target")  # type: ignore[attr-defined]
    follow.__str__ = _follow_in_words  # type: ignore[method-assign]


def _check_to_write(row: Any, call: str, only: Collection[str] | None = None) -> None:
    """Refuse a role whose halves were set to what names no object, and what any row refuses."""
    for name, known in vars(row._state).get(PENDING, {}).items():
        if row.arcs[name].filled_field(row) is None:
            column_value(row.arcs[name], known, call)  # raises FieldError
    ArcModel.check_to_write(row, call, only)


def _renamed(name: str, new: str) -> property:
    def get(row: Any) -> Any:
        tell(f"{type(row).__name__}.{name}", f".{new}")
        return getattr(row, new)

    def put(row: Any, value: Any) -> None:
        tell(f"{type(row).__name__}.{name}", f".{new}")
        setattr(row, new, value)

    return property(get, put)


def _half(arc: Arc, prefix: str, part: str) -> property:
    name = f"{prefix}{part}"
    new = f"{arc.model.__name__}.{arc.name}.model_and_key(row), or .{arc.name}"

    def get(row: Any) -> Any:
        tell(f"{type(row).__name__}.{name}", new)
        return halves(arc, row).get(part)

    def put(row: Any, value: Any) -> None:
        tell(f"{type(row).__name__}.{name}", f".{arc.name} = obj")
        known = {**halves(arc, row), part: value}
        setattr(row, arc.name, None)
        with suppress(FieldError):  # perhaps the other half comes
            for column, key in column_value(arc, known, name).items():
                setattr(row, column, key)
        vars(row._state).setdefault(PENDING, {})[arc.name] = known

    return property(get, put)


def _content_type_id(prefix: str) -> property:
    name = f"{prefix}{CONTENT_TYPE}"

    def get(row: Any) -> Any:
        found = getattr(row, name)
        return getattr(found, "pk", found)

    def put(row: Any, value: Any) -> None:
        setattr(row, name, None if value is None else ContentType.objects.get_for_id(value))

    return property(get, put)


def halves(arc: Arc, row: Any) -> dict[str, Any]:
    """Return the content type and the text of the key of a role, as far as they are known."""
    field = arc.filled_field(row)
    if field is None:
        return dict(vars(row._state).get(PENDING, {}).get(arc.name, {}))
    key = getattr(row, field.attname)
    return {CONTENT_TYPE: content_type(field.related_model), OBJECT_ID: str(key)}


def _url(role: str) -> Callable[[Any], str]:
    def url(action: Any) -> str:
        tell(f"Action.{role}_url()", f"stream.web.links.stream_url(action.{role})")
        with quiet():
            found = halves(type(action).arcs[role], action)
        return reverse("actstream_actor", args=[found[CONTENT_TYPE].pk, found[OBJECT_ID]])

    return url


def _timesince(action: Any, now: Any = None) -> str:
    tell("Action.timesince()", "{{ action.datetime|time_ago }} of stream_tags")
    return since(action.datetime, now).replace("\xa0", " ")


def _in_words(action: Any) -> str:
    """Return the action as ``str`` of an old one: "ann added photo on album 2 days ago"."""
    between = "on" if action.action_object is not None and action.target is not None else None
    parts = (action.actor, action.verb, action.action_object, between, action.target)
    words = " ".join(str(each) for each in parts if each is not None)
    with quiet():
        return f"{words} {action.timesince()} ago"


def _follow_in_words(follow: Any) -> str:
    """Return a follow as ``str`` of an old one: who, what, and the flag."""
    return f"{follow.user} -> {follow.target} : {follow.flag}"
