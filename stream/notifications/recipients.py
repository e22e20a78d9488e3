"""Who gets an action: the keys of recipients, in lists that one statement can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connections
from django.db.models import Model, QuerySet

from stream.arc.rules import concrete_model, fields_of, shown
from stream.chunks import chunks, key_chunks
from stream.models import Action

RECIPIENTS_PER_TRANSACTION = 2000


def check_action(action: Any, call: str) -> None:
    """Raise TypeError for what is not a saved action."""
    if not isinstance(action, Action) or action.pk is None or action._state.adding:
        raise TypeError(f"{call}(action={action!r:.80}): pass a saved action")


def most_keys(using: str) -> int:
    """Return how many recipients one statement may name."""
    limit = connections[using].features.max_query_params
    return min(RECIPIENTS_PER_TRANSACTION, limit - 100) if limit else RECIPIENTS_PER_TRANSACTION


def wanted_keys(
    recipients: Any, action: Action, to_self: bool, using: str, call: str
) -> Iterator[list[Any]]:
    """Yield the keys of those who may get an action, in lists of up to 2,000.

    Errors begin with ``call``.
    """
    actors = set() if to_self else _users_who_act(action)
    for keys in _chunks(recipients, using, call):
        if wanted := [key for key in keys if key not in actors]:
            yield wanted


def _users_who_act(action: Action) -> set[Any]:
    """Return the keys of the users who act. No query."""
    columns = action.arcs["actor"].columns
    fields = [each for each in fields_of(action, get_user_model()) if each.name in columns]
    return {getattr(action, field.attname) for field in fields}


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
    yield from chunks(sorted({_key(user, people, call) for user in users}), size)


def _key(user: Any, people: type[Model], call: str) -> Any:
    if not isinstance(user, Model) or not issubclass(concrete_model(user), people):
        raise TypeError(f"{call}({user!r:.80}): recipients are instances of {people._meta.label}")
    return people._meta.pk.to_python(_check_saved(user, call).pk)


def _check_saved(obj: Model, call: str) -> Model:
    if obj.pk is None:
        raise ValueError(f"{call}({shown(obj)}): the recipient is not saved; save it first")
    return obj


def _keys_of(users: QuerySet[Any], size: int, using: str, call: str) -> Iterator[list[Any]]:
    """Yield the keys of a queryset, a list in memory at a time.

    All keys are read at once if it is a slice, a union or distinct on a field.
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
        yield from chunks(sorted(set(users.values_list("pk", flat=True))), size)
        return
    # A reversed queryset would reverse the order of the keys, too.
    upwards = users if users.query.standard_ordering else users.reverse()
    for keys in key_chunks(upwards, size):
        yield list(dict.fromkeys(keys))
