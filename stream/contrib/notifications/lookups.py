"""Old names in filters, orders and values, as what they are here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldError
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from stream.contrib.deprecation import deprecated
from stream.models import Action
from stream.notifications.deliveries import Delivery
from stream.notifications.inbox import Inbox
from stream.notifications.levels import Level

#: Old columns by their names here. What an action says is asked of the action.
COLUMNS = {
    "timestamp": "datetime",
    "verb": "action__verb",
    "description": "action__description",
    "public": "action__public",
    "data": "action__data",
}
#: What stands where the old columns had NULL.
EMPTY: dict[str, Any] = {"description": "", "data": {}}
ROLES = ("actor", "target", "action_object")
#: The channel in whose log stands what a site has mailed itself.
MAIL = "email"


def is_read() -> Q:
    """Build the condition that a recipient has read it."""
    marks = Inbox._default_manager.filter(pk=OuterRef("recipient"), read_up_to__gte=OuterRef("pk"))
    return Q(read_at__isnull=False) | Q(Exists(marks))


def is_emailed() -> Q:
    """Build the condition that the log of deliveries has a mail of it."""
    mails = Delivery._default_manager.filter(
        notification=OuterRef("pk"), channel=MAIL, state=Delivery.State.SENT
    )
    return Q(Exists(mails))


STATES = {
    "unread": lambda: ~is_read(),
    "deleted": lambda: Q(archived=1),
    "emailed": is_emailed,
}
INSTEAD = {
    "unread": "unread() or read()",
    "deleted": "archived=1 or archived=0",
    "emailed": "deliveries__channel='email', deliveries__state='sent'",
}


def renamed(name: str) -> str:
    """Return an old column, perhaps with lookups, by its name here."""
    first, separator, rest = name.partition("__")
    if first not in COLUMNS:
        refuse_generic(first)
        return name
    deprecated(repr(name), repr(COLUMNS[first] + separator + rest))
    return COLUMNS[first] + separator + rest


def in_order(name: Any) -> Any:
    """Return an old column to order by, such as "-timestamp"."""
    if not isinstance(name, str):
        return name
    sign, column = ("-", name[1:]) if name.startswith("-") else ("", name)
    return sign + renamed(column)


def as_value(name: str) -> Any:
    """Return an expression for an old column among values."""
    if name in STATES:
        deprecated(f"values({name!r})", f"rows, and {INSTEAD[name]} in filters")
        return Case(When(STATES[name](), then=Value(True)), default=Value(False))
    return F(renamed(name))


def is_old(name: Any) -> bool:
    """Tell whether a value is called otherwise here."""
    return isinstance(name, str) and (name.partition("__")[0] in COLUMNS or name in STATES)


def condition(*args: Any, **kwargs: Any) -> Q:
    """Return the arguments of ``filter()`` with the names that there are here."""
    return _condition(Q(*args, **kwargs))


def _condition(q: Q) -> Q:
    pairs: dict[str, Any] = dict(each for each in q.children if isinstance(each, tuple))
    children: list[Any] = []
    for role in ROLES if q.connector == Q.AND else ():
        names = [name for name in pairs if generic_role(name) == role]
        if any("content_type" in name for name in names):
            children += _of_role(role, {name: pairs.pop(name) for name in names})
    for each in q.children:
        if isinstance(each, Q):
            children.append(_condition(each))
        elif not isinstance(each, tuple):
            children.append(each)
        elif each[0] in pairs:
            children.append(_pair(*each))
    return Q.create(children, q.connector, q.negated)


def _pair(name: str, value: Any) -> Any:
    column, _, lookup = name.partition("__")
    if column in STATES and lookup in ("", "exact"):
        deprecated(f"filter({name}=…)", INSTEAD[column])
        is_state = STATES[column]()
        return is_state if value else ~is_state
    if column == "level":
        return name, _levels(name, value)
    if column in EMPTY and (lookup == "isnull" or (value is None and lookup in ("", "exact"))):
        new = f"action__{column}"
        deprecated(f"filter({name}={value!r})", f"{new}={EMPTY[column]!r} or ~Q() of it")
        is_empty = Q((new, EMPTY[column]))
        return is_empty if value is None or value else ~is_empty
    if column == "public" and lookup in ("", "exact") and value is True:
        deprecated(
            "filter(public=True)",
            "nothing, for all; or action__public=True, for those of public actions",
        )
        return ~Q(pk__in=[])
    return renamed(name), value


def level_of(value: Any) -> Any:
    """Return the level of an old text such as "info"; what is no text stays as it is."""
    if not isinstance(value, str):
        return value
    return Level[value.upper()] if value.upper() in Level.names else Level.INFO


def _levels(name: str, value: Any) -> Any:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Iterable) or not any(isinstance(each, str) for each in texts):
        return value
    found = [level_of(each) for each in texts]
    deprecated(f"filter({name}={value!r})", ", ".join(f"Level.{each.name}" for each in found))
    return found[0] if isinstance(value, str) else found


# Columns of generic relations


def generic_role(name: str) -> str:
    """Return the role of which a name is an old generic column; "" if it is none."""
    column = name.partition("__")[0]
    for role in ROLES:
        if column.removeprefix(f"{role}_") in ("content_type", "content_type_id", "object_id"):
            return role
    return ""


def refuse_generic(name: str) -> None:
    if role := generic_role(name):
        raise FieldError(
            f"{name}: an object is named by a column for its model; write such as "
            f"filter(action__{role}_post=post), with a column of Action.{role}.columns"
        )


def _of_role(role: str, pairs: dict[str, Any]) -> Iterator[Q]:
    """Yield the condition for a content type and, where it is there, the key of an object."""
    keys = {}
    kind: Any = None
    for name, value in pairs.items():
        lookup = name.removeprefix(f"{role}_object_id")
        if name in (f"{role}_content_type", f"{role}_content_type_id"):
            kind = value
        elif lookup in ("", "__in"):
            keys[lookup] = value
        else:
            refuse_generic(name)
    model = ContentType.objects.get_for_id(getattr(kind, "pk", kind)).model_class()
    field = Action.arcs[role].find_field(model) if model else None
    if field is None:  # nothing names an object of this model
        yield Q(pk__in=[])
        return
    column = f"action__{field.name}"
    deprecated(f"filter({role}_content_type=…)", f"filter({column}=…)")
    if not keys:
        yield Q(**{f"{column}__isnull": False})
    yield from (Q(**{column + lookup: value}) for lookup, value in keys.items())
