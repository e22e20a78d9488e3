"""Who is to get an action: the keys of recipients, in lists that one statement can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connections, router
from django.db.models import Model, QuerySet

from stream.arc_rules import concrete_model, key_of
from stream.models import Action
from stream.notifications.models import Notification

CHUNK = 2000  # recipients of a transaction


def database_of(action: Any, call: str) -> str:
    """Return the database of an action. Raises TypeError for what is none, or is not saved."""
    if not isinstance(action, Action) or action.pk is None:
        raise TypeError(f"{call}(action={action!r:.80}): pass a saved action")
    return action._state.db or router.db_for_write(Notification)


def most_keys(using: str) -> int:
    """Return how many recipients one statement may name."""
    limit = connections[using].features.max_query_params
    return min(CHUNK, limit - 100) if limit else CHUNK


def wanted_keys(recipients: Any, action: Action, to_self: bool, using: str) -> Iterator[list[Any]]:
    """Yield the keys of those who may get an action, in lists of up to 2,000."""
    roles = None if to_self and action.public else _roles(action)
    for keys in _chunks(recipients, using):
        if roles and not action.public:
            keys = [key for key in keys if key in roles["any"]]
        if roles and not to_self:
            keys = [key for key in keys if key not in roles["actor"]]
        if keys:
            yield keys


def _roles(action: Action) -> dict[str, set[Any]]:
    """Return the keys of the users that act and of those with any role. No query."""
    people = concrete_model(get_user_model())
    keys: dict[str, set[Any]] = {"actor": set(), "any": set()}
    for role, arc in action.arcs.items():
        field = arc.filled_field(action)
        if field and issubclass(people, field.related_model):
            keys["any"].add(getattr(action, field.attname))
            if role == "actor":
                keys["actor"].add(getattr(action, field.attname))
    return keys


def _chunks(recipients: Any, using: str) -> Iterator[list[Any]]:
    size = most_keys(using)
    if recipients is None:
        return
    if isinstance(recipients, Group):
        recipients = get_user_model()._default_manager.filter(groups=recipients)
    if isinstance(recipients, QuerySet):
        yield from _keys_of(recipients, size, using)
        return
    users = [recipients] if isinstance(recipients, Model) else recipients
    if isinstance(users, str | bytes) or not isinstance(users, Iterable):
        raise TypeError(
            f"notify({users!r:.80}): pass a user, users, a queryset of users or a group"
        )
    people = concrete_model(get_user_model())
    keys = iter(dict.fromkeys(_key(user, people) for user in users))
    while chunk := list(islice(keys, size)):
        yield chunk


def _key(user: Any, people: type[Model]) -> Any:
    if not isinstance(user, Model) or not issubclass(concrete_model(user), people):
        raise TypeError(f"notify({user!r:.80}): recipients are instances of {people._meta.label}")
    return people._meta.pk.to_python(key_of(user))


def _keys_of(users: QuerySet[Any], size: int, using: str) -> Iterator[list[Any]]:
    """Yield the keys of a queryset by ranges of keys, so that no more than a chunk is in memory."""
    people = concrete_model(get_user_model())
    if not issubclass(concrete_model(users.model), people):
        raise TypeError(
            f"notify(a queryset of {users.model._meta.label}): recipients are of "
            f"{people._meta.label}; write such as "
            f"{people.__name__}.objects.filter(pk__in=….values('user'))"
        )
    if users._fields is not None:  # type: ignore[attr-defined]
        raise TypeError(
            "notify(a queryset of values): recipients are users; leave out values() and "
            "values_list()"
        )
    if users.query.is_sliced or users.query.combinator or users.query.distinct_fields:
        users = people._base_manager.filter(
            pk__in=list(users.using(using).values_list("pk", flat=True))
        )
    found = users.using(using).order_by("pk").values_list("pk", flat=True)
    keys = list(found[:size])
    while keys:
        yield list(dict.fromkeys(keys))
        keys = list(found.filter(pk__gt=keys[-1])[:size]) if len(keys) == size else []
