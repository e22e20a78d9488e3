"""Switching off, for some models and for some time, what ``stream.activity`` publishes.

It holds for the thread or the asynchronous task that does so, never for the process.
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
Models = tuple[type[Model], ...]

_untracked: ContextVar[Models] = ContextVar("stream_tracking", default=())


def is_tracked(model: type[Model]) -> bool:
    """Tell whether changes of a model are published now."""
    return not (tracking_is_disabled() or issubclass(model, _untracked.get()))


class model_tracking_disabled(ContextDecorator):  # noqa: N801 - reads as a function
    """Stop publishing these models and their subclasses in a block or decorated function.

    All models if none are given. Raises TypeError for what is not a model class.
    """

    def __init__(self, *models: type[Model]) -> None:
        for model in models:
            if not (isinstance(model, type) and issubclass(model, Model)):
                raise TypeError(
                    f"model_tracking_disabled({model!r:.80}): pass model classes, or nothing for "
                    f"all models"
                )
        self.models = models or (Model,)
        self._tokens: list[Token[Models]] = []

    def _recreate_cm(self) -> Self:  # a decorated function may run in many threads at once
        return type(self)(*self.models)

    def __enter__(self) -> None:
        self._tokens.append(_untracked.set((*_untracked.get(), *self.models)))

    def __exit__(self, *error: object) -> None:
        _untracked.reset(self._tokens.pop())

    def __call__(self, function: _F) -> _F:
        if not iscoroutinefunction(function):
            return super().__call__(function)

        @wraps(function)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return await function(*args, **kwargs)

        return inner  # type: ignore[return-value]
