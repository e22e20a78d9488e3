"""The Redis server of timelines: asked by scripts, and left alone while it does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha1
from time import monotonic
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from stream.timelines.conf import redis_is_cluster, redis_prefix, redis_url

try:
    import redis
    from redis.exceptions import RedisError
except ImportError:  # a system check says so, and ``client()``
    redis, RedisError = None, OSError  # type: ignore[assignment, misc]

__all__ = ["RedisError", "client", "is_paused", "key_of", "run", "run_all", "server"]

TIMEOUT_SECONDS = 2
PAUSE_SECONDS = 5  # in which a server that did not answer is not asked

_paused_until: dict[str, float] = {}  # by address, and by the clock of this process


def is_paused() -> bool:
    """Tell whether the server is left alone because it did not answer."""
    return monotonic() < _paused_until.get(redis_url(), 0)


@contextmanager
def server() -> Iterator[Any]:
    """Give the connection to Redis. Raises redis.RedisError and ImproperlyConfigured.

    For some seconds after an error the server is not asked, and another error is raised.
    """
    if is_paused():
        raise redis.ConnectionError(
            f"it did not answer, and is left alone for {PAUSE_SECONDS} seconds"
        )
    try:
        yield client()
    except RedisError:
        _paused_until[redis_url()] = monotonic() + PAUSE_SECONDS
        raise


def client() -> Any:
    """Return the connection to Redis, even to a server that is left alone: see ``server()``.

    Raises ImproperlyConfigured.
    """
    return _client(redis_url(), redis_is_cluster())


@lru_cache(maxsize=8)
def _client(url: str, is_cluster: bool) -> Any:
    if redis is None:
        raise ImproperlyConfigured(
            "RedisTimeline: redis is not installed; run: pip install 'django-stream[redis]'."
        )
    maker: Any = redis.RedisCluster if is_cluster else redis.Redis
    return maker.from_url(
        url,
        decode_responses=True,
        encoding_errors="replace",
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


def run(script: str, user: Any, arguments: Sequence[Any]) -> Any:
    """Run a script on the set of a user."""
    return run_all(script, [(user, arguments)])[0]


def run_all(script: str, calls: Sequence[tuple[Any, Sequence[Any]]]) -> list[Any]:
    """Run a script on the sets of many users at once."""
    if not calls:
        return []
    digest = sha1(script.encode(), usedforsecurity=False).hexdigest()
    with server() as redis_server:
        try:
            return _execute(redis_server, digest, calls)
        except (
            redis.exceptions.NoScriptError
        ):  # a new server; the calls that have run may be repeated
            redis_server.script_load(script)
            return _execute(redis_server, digest, calls)


def _execute(
    redis_server: Any, digest: str, calls: Sequence[tuple[Any, Sequence[Any]]]
) -> list[Any]:
    pipeline = redis_server.pipeline(transaction=False)
    for user, arguments in calls:
        # Pipelines of a cluster refuse ``evalsha()``, but know the command.
        pipeline.execute_command("EVALSHA", digest, 1, key_of(user), *arguments)
    results: list[Any] = pipeline.execute()
    return results


def key_of(user: Any) -> str:
    return f"{redis_prefix()}{{{user}}}"
