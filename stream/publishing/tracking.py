"""The switch of ``stream.activity``: of which models the changes are published, here and now.

It holds for the thread or the asynchronous task that sets it, never for the process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Self, TypeVar

from django.db.models import Model

from stream.conf import tracking_is_disabled

_F = TypeVar("_F", bound=Callable[..., Any])
Rules = tuple[tuple[type[Model], bool], ...]

# The later rule about a model holds; ``Model`` stands for all.
_rules: ContextVar[Rules] = ContextVar("stream_tracking", default=())


def is_tracked(model: type[Model]) -> bool:
    """Tell whether changes of a model are published now."""
    if tracking_is_disabled():
        return False
    return next((on for each, on in reversed(_rules.get()) if issubclass(model, each)), True)


def disable_model_tracking(*models: type[Model]) -> None:
    """Stop publishing these models and their subclasses (all if none are given) from now on.

    In this thread or task, until ``enable_model_tracking``. ``model_tracking_disabled`` ends by
    itself.
    """
    _rules.set(_changed("disable_model_tracking", models, False))


def enable_model_tracking(*models: type[Model]) -> None:
    """Publish these models and their subclasses (all if none are given) again.

    The setting ``STREAM_DISABLE_MODEL_TRACKING`` is stronger.
    """
    _rules.set(_changed("enable_model_tracking", models, True))


def _changed(call: str, models: tuple[type[Model], ...], on: bool) -> Rules:
    rules = _rules.get()
    for model in models or (Model,):
        if not (isinstance(model, type) and issubclass(model, Model)):
            raise TypeError(f"{call}({model!r:.80}): pass model classes, or nothing for all models")
        rules = (*(each for each in rules if not issubclass(each[0], model)), (model, on))
    return rules


class model_tracking_disabled(ContextDecorator):  # noqa: N801 - reads as a function
    """Stop publishing these models (all if none are given) in a block or decorated function."""

    def __init__(self, *models: type[Model]) -> None:
        self.models = models
        self._tokens: list[Token[Rules]] = []

    def _recreate_cm(self) -> Self:  # a decorated function may run in many threads at once
        return type(self)(*self.models)

    def __enter__(self) -> None:
        rules = _changed("model_tracking_disabled", self.models, False)
        self._tokens.append(_rules.set(rules))

    def __exit__(self, *error: object) -> None:
        _rules.reset(self._tokens.pop())

    def __call__(self, function: _F) -> _F:
        if not iscoroutinefunction(function):
            return super().__call__(function)

        @wraps(function)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return await function(*args, **kwargs)

        return inner  # type: ignore[return-value]
