"""Uses of Django's private API besides overridden methods, and why there is no public way."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.apps import apps
from django.db.models import BaseConstraint, Index, Model

_Function = TypeVar("_Function", bound=Callable[..., Any])
_kept: list[Any] = []  # functions, with what they have returned


def starting_up() -> bool:
    """Tell whether apps are still loading, their ``ready()`` methods included.

    ``apps.ready`` turns true before the ``ready()`` methods run; only this event comes after them.
    """
    return not apps.ready_event.is_set()


def _with_subclasses(model: type[Model]) -> Iterator[type[Model]]:
    yield model
    for subclass in model.__subclasses__():
        yield from _with_subclasses(subclass)


def keep_until_registration(function: _Function) -> _Function:
    """Keep what a function returns, for the latest arguments, until a column is registered."""
    _kept.append(lru_cache(maxsize=64)(function))
    return cast("_Function", _kept[-1])


def expire_caches(*models: type[Model]) -> None:
    """Forget what functions have kept, and the fields of these models and of their subclasses.

    ``add_to_class`` expires the model itself only, and ``apps.clear_cache()`` does nothing
    before all apps are loaded.
    """
    for function in _kept:
        function.cache_clear()
    for model in models:
        for each in _with_subclasses(model):
            each._meta._expire_cache()  # type: ignore[attr-defined]


def add_index(model: type[Model], index: Index) -> None:
    """Add an index to a model that is already defined.

    The autodetector reads ``_meta.indexes`` only when ``original_attrs`` holds the key too.
    """
    model._meta.indexes = [*model._meta.indexes, index]
    model._meta.original_attrs["indexes"] = model._meta.indexes


def set_constraint(model: type[Model], constraint: BaseConstraint) -> None:
    """Add a constraint to a model that is already defined, or replace the one of that name.

    The autodetector reads ``_meta.constraints`` only when ``original_attrs`` holds the key too.
    """
    others = [each for each in model._meta.constraints if each.name != constraint.name]
    model._meta.constraints = [*others, constraint]
    model._meta.original_attrs["constraints"] = model._meta.constraints
