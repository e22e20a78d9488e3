"""Who is to get an action: the keys of recipients, in lists that one statement can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connections, router
from django.db.models import Model, QuerySet

from stream.arc.rules import concrete_model, fields_of, shown
from stream.models import Action
from stream.notifications.models import Notification

CHUNK = 2000  # recipients of a transaction


def database_of(action: Any, call: str) -> str:
    """Return the database to deliver in. Raises TypeError for what is no saved action."""
    if not isinstance(action, Action) or action.pk is None or action._state.adding:
        raise TypeError(f"{call}(action={action!r:.80}): pass a saved action")
    return router.db_for_write(Notification, instance=action)


def most_keys(using: str) -> int:
    """Return how many recipients one statement may name."""
    limit = connections[using].features.max_query_params
    return min(CHUNK, limit - 100) if limit else CHUNK


def wanted_keys(
    recipients: Any, action: Action, to_self: bool, using: str, call: str
) -> Iterator[list[Any]]:
    """Yield the keys of those who may get an action, in lists of up to 2,000.

    Errors begin with ``call``.
    """
    roles = None if to_self and action.public else _roles(action)
    for keys in _chunks(recipients, using, call):
        if roles and not action.public:
            keys = [key for key in keys if key in roles["any"]]
        if roles and not to_self:
            keys = [key for key in keys if key not in roles["actor"]]
        if keys:
            yield keys


def _roles(action: Action) -> dict[str, set[Any]]:
    """Return the keys of the users that act and of those with any role. No query."""
    keys: dict[str, set[Any]] = {"actor": set(), "any": set()}
    for field in fields_of(action, get_user_model()):
        if (key := getattr(action, field.attname)) is not None:
            keys["any"].add(key)
            if field.name in action.arcs["actor"].columns:
                keys["actor"].add(key)
    return keys


def _chunks(recipients: Any, using: str, call: str) -> Iterator[list[Any]]:
    size = most_keys(using)
    if recipients is None:
        return
    if isinstance(recipients, Group):
        _check_saved(recipients, call)
        recipients = get_user_model()._default_manager.filter(groups=recipients)
    if isinstance(recipients, QuerySet):
        yield from _keys_of(recipients, size, using, call)
        return
    users = [recipients] if isinstance(recipients, Model) else recipients
    if isinstance(users, str | bytes) or not isinstance(users, Iterable):
        raise TypeError(
            f"{call}({users!r:.80}): pass a user, users, a queryset of users or a group"
        )
    people = concrete_model(get_user_model())
    # In the order in which rows are locked.
    yield from _in_lists(sorted({_key(user, people, call) for user in users}), size)


def _in_lists(keys: Iterable[Any], size: int) -> Iterator[list[Any]]:
    keys = iter(keys)
    while chunk := list(islice(keys, size)):
        yield chunk


def _key(user: Any, people: type[Model], call: str) -> Any:
    if not isinstance(user, Model) or not issubclass(concrete_model(user), people):
        raise TypeError(f"{call}({user!r:.80}): recipients are instances of {people._meta.label}")
    return people._meta.pk.to_python(_check_saved(user, call).pk)


def _check_saved(obj: Model, call: str) -> Model:
    if obj.pk is None:
        raise ValueError(f"{call}({shown(obj)}): the recipient is not saved; save it first")
    return obj


def _keys_of(users: QuerySet[Any], size: int, using: str, call: str) -> Iterator[list[Any]]:
    """Yield the keys of a queryset by ranges of keys, so that no more than a chunk is in memory.

    Of a slice, a union or one that is distinct on a field, all keys are read at once.
    """
    people = concrete_model(get_user_model())
    if not issubclass(concrete_model(users.model), people):
        raise TypeError(
            f"{call}(a queryset of {users.model._meta.label}): recipients are of "
            f"{people._meta.label}; write such as "
            f"{people.__name__}.objects.filter(pk__in=….values('user'))"
        )
    if users._fields is not None:  # type: ignore[attr-defined]
        raise TypeError(
            f"{call}(a queryset of values): recipients are users; leave out values() and "
            "values_list()"
        )
    users = users.using(using)
    if users.query.is_sliced or users.query.combinator or users.query.distinct_fields:
        yield from _in_lists(sorted(set(users.values_list("pk", flat=True))), size)
        return
    # A reversed queryset would reverse this order too.
    upwards = users if users.query.standard_ordering else users.reverse()
    found = upwards.order_by("pk").values_list("pk", flat=True)
    keys = list(found[:size])
    while keys:
        yield list(dict.fromkeys(keys))
        keys = list(found.filter(pk__gt=keys[-1])[:size]) if len(keys) == size else []
