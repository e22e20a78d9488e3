"""Telling, at the site's own line, what to write instead of an old name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from stream.contrib.deprecation import deprecated

_P = ParamSpec("_P")
_Result = TypeVar("_Result")

# Whether an old name is used by what has told already.
_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)


@contextmanager
def quiet(is_quiet: bool = True) -> Iterator[None]:
    """Tell nothing inside the block; with False, tell all again, as where code of the site runs."""
    token = _is_quiet.set(is_quiet)
    try:
        yield
    finally:
        _is_quiet.reset(token)


def tell(old: str, new: str) -> None:
    """Say of an old name what to write, unless something that has told already uses it."""
    if not _is_quiet.get():
        deprecated(old, new)


def old(name: str, new: str) -> Callable[[Callable[_P, _Result]], Callable[_P, _Result]]:
    """Make a function tell what to write instead, once for each call."""

    def decorate(function: Callable[_P, _Result]) -> Callable[_P, _Result]:
        @wraps(function)
        def called(*args: _P.args, **kwargs: _P.kwargs) -> _Result:
            tell(name, new)
            with quiet():
                return function(*args, **kwargs)

        return called

    return decorate
