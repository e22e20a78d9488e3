"""Making an action from the arguments of a call, checked before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import connections, router
from django.utils import timezone

from stream.arc.rules import shown
from stream.arc.values import refuse_values
from stream.base import BaseAction, untranslated
from stream.text import ROLES

_Row = TypeVar("_Row", bound=BaseAction)

PLAIN = frozenset({"verb", "description", "data", "public", "datetime"})


def build_action(
    model: type[_Row],
    call: str,
    using: str | None,
    arguments: Mapping[str, Any],
    *,
    is_message: bool = False,
) -> tuple[_Row, str]:
    """Return an unsaved action and the database for it, by default the one of its actor.

    ``arguments`` are the roles and fields of the action; a message may have no actor. Errors begin
    with ``call``, the name of the function that people called: NotRegistered, TypeError (an actor
    is missing, an object is not a model instance, ``data`` is not a dict) or ValueError (an object
    is not saved or is from another database, the verb is impossible, a database cannot store a
    value).
    """
    if not isinstance(arguments, Mapping):
        raise TypeError(f"{call}(): {arguments!r:.80} is no dict of the arguments of action.send")
    if "using" in arguments:
        raise TypeError(f"{call}(using=…): name the database once, beside the items")
    fields = {name: value for name, value in arguments.items() if name not in ROLES}
    objects = {role: arguments[role] for role in ROLES if arguments.get(role) is not None}
    columns = {role: model.arcs[role].check_object(obj, call) for role, obj in objects.items()}
    if "data" in fields:
        fields["data"] = _checked_data(fields["data"], call)
    fields["verb"] = checked_verb(fields.get("verb"), call)
    if fields.get("description", "") is None:
        del fields["description"]
    fields["datetime"] = checked_datetime(fields.get("datetime"), call)
    refuse_values(model, fields, call)
    using = using or router.db_for_write(model, instance=objects.get("actor"))
    if using not in connections:
        raise ValueError(f"{call}(using={using!r}): there is no such database in DATABASES")
    try:
        action = model(**fields)
    except TypeError as error:
        raise TypeError(f"{call}(): {error}") from None
    action._state.db = using
    action.is_message = is_message or None
    names_columns = not PLAIN.issuperset(fields)
    for role, obj in objects.items():
        if not router.allow_relation(obj, action):
            raise ValueError(
                f"{call}({role}={shown(obj)}): the object is from the database "
                f"'{obj._state.db}', the action goes to '{using}'; pass using='{obj._state.db}', "
                f"or load the object with .using('{using}')"
            )
        if names_columns and (column := model.arcs[role].filled_field(action)):
            raise TypeError(f"{call}({role}=…, {column.name}=…): pass one of the two")
        columns[role].set_object(action, obj)
    if model.actor.filled_field(action) is None and action.requires(model.actor):
        raise TypeError(
            f"{call}(): an action needs an actor; pass a saved instance of a registered model"
        )
    return action, using


def checked_verb(verb: Any, call: str) -> str:
    verb = untranslated(verb)
    if not isinstance(verb, str):
        raise TypeError(f"{call}(verb={verb!r:.80}): the verb must be a text such as 'liked'")
    if not verb.strip():
        raise ValueError(f"{call}(verb=''): the verb must not be empty; write one such as 'liked'")
    if len(verb) > 255:
        raise ValueError(
            f"{call}(verb={verb[:20]!r}…): a verb has 255 characters at most, this one has "
            f"{len(verb)}; put the text into description"
        )
    return verb


def checked_datetime(when: Any, call: str) -> dt.datetime:
    if when is None:
        return timezone.now()
    if not isinstance(when, dt.datetime):
        raise TypeError(f"{call}(datetime={when!r:.80}): pass a datetime.datetime")
    return when


def _checked_data(data: Any, call: str) -> dict[str, Any]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise TypeError(f"{call}(data={data!r:.80}): data must be a dict")
    return data
