"""Timelines in Redis: a sorted set for each user, on one server or on a cluster.

A member is an action's key, padded so that those of the same time sort by it; its score is the
time in microseconds. Two members more are the state, so that a set that is evicted or lost takes
it along: ``begun``, and ``floor``, whose score is the time since when the set is complete.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha1
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from stream.feed import HomeFeed, restrict
from stream.models import Action
from stream.timelines.conf import options, redis_is_cluster, redis_prefix, redis_url
from stream.timelines.models import Joined, State
from stream.timelines.redis_scripts import ADD, FINISH, NEWEST, READ
from stream.timelines.stored import NOTHING, Candidates, Pair, StoredTimeline

try:
    import redis
except ImportError:  # a system check says so, and ``client()``
    redis = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from stream.feed_plan import FeedPlan
    from stream.paging import Position
    from stream.timelines.followers import Followers

logger = logging.getLogger("stream.timelines")

WIDTH = 19  # digits of the largest key
MICROSECOND = dt.timedelta(microseconds=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SLACK = 10  # a timeline may be longer by this part of what it keeps
PIPELINE = 1000  # commands
TIMEOUT = 2  # seconds
PAUSE = 5  # seconds in which a server that did not answer is not asked


class RedisTimeline(StoredTimeline):
    """Stores each timeline in a sorted set. While the server is down, the join serves."""

    store = "redis"
    down_until = 0.0  # by the clock of this process

    def read(
        self, plan: FeedPlan, user: Any, position: Position | None, count: int
    ) -> Candidates | None:
        # Marks first: what is fanned out no more from then on is not stored yet, as if it were
        # late; the other way round it might be in neither.
        joined = Joined.objects.using(plan.rows.db)
        marks = list(joined.values_list("followed", "object_key"))
        if monotonic() < self.down_until:
            return NOTHING
        try:
            found = read(user, position, plan.newest_first, count)
        except redis.RedisError:
            logger.exception("stream.timelines: Redis does not answer; the join serves")
            self.down_until = monotonic() + PAUSE
            return NOTHING
        if found is None:
            return None
        covers, is_all, members, has_more = found
        if not covers:
            return NOTHING
        last = (time_of(members[-1][0]), members[-1][1]) if has_more else None
        return Candidates(rows_of(plan, members), last, is_all, marks)

    def begin(self, user: Any, using: str) -> None:
        # A set that was built and is gone: it was evicted, or the server has lost its data.
        State.objects.using(using).filter(pk=user, built_at__isnull=False).delete()
        super().begin(user, using)

    def add(self, action: Action, followers: Followers, using: str, is_new: bool = False) -> int:
        users = iter(set(followers.users(using)))
        keep = options().keep
        arguments = [score(action.datetime), member(action.pk), keep, keep + keep // SLACK]
        added = 0
        while some := list(islice(users, PIPELINE)):
            added += sum(run_all(ADD, [(user, arguments) for user in some]))
        return added

    def add_newest(
        self, user: Any, pairs: Sequence[Pair], floor: dt.datetime | None, using: str
    ) -> int:
        members = [each for when, pk in pairs for each in (score(when), member(pk))]
        run(NEWEST, user, ["" if floor is None else score(floor), *members])
        return len(pairs)

    def clear(self, user: Any, using: str) -> None:
        client().delete(key_of(user))
        client().zadd(key_of(user), {"begun": "-inf"})

    def finish(self, user: Any, floor: dt.datetime | None, using: str) -> None:
        run(FINISH, user, ["-inf" if floor is None else score(floor)])
        super().finish(user, floor, using)

    def purge(self, user: Any, using: str) -> None:
        members = client().zrange(key_of(user), 0, -1, withscores=True)
        stored = {text: at for text, at in members if text.isdigit()}
        kept = _of_feed(user, stored, using)
        if gone := [text for text, at in stored.items() if kept.get(text) != at]:
            client().zrem(key_of(user), *gone)
            # What came back into the feed meanwhile may have been fanned out before it was removed.
            back = _of_feed(user, gone, using)
            run(NEWEST, user, ["", *(each for text, at in back.items() for each in (at, text))])

    def reset(self, using: str) -> None:
        super().reset(using)
        keys = client().scan_iter(f"{redis_prefix()}{{*}}", count=PIPELINE)
        while some := list(islice(keys, PIPELINE)):
            pipeline = client().pipeline(transaction=False)
            for key in some:
                pipeline.delete(key)
            pipeline.execute()

    def trim(self, users: Iterable[Any], using: str) -> None:
        keep = options().keep
        run_all(ADD, [(user, ["", "", keep, keep]) for user in users])

    def is_to_trim(self, action: Action) -> bool:
        return False  # each addition does


def _of_feed(user: Any, members: Iterable[str], using: str) -> dict[str, int]:
    """Return those of some members that are of the user's feed, with their scores."""
    actions: Any = Action.objects.using(using).filter(public=True, pk__in=map(int, members))
    rows = restrict(actions.order_by(), HomeFeed(Action, get_user_model()(pk=user)))
    return {member(pk): score(when) for pk, when in rows.values_list("pk", "datetime")}


def key_of(user: Any) -> str:
    return f"{redis_prefix()}{{{user}}}"


def member(pk: int) -> str:
    return f"{pk:0{WIDTH}}"


def score(when: dt.datetime) -> int:
    """Return a time in microseconds: exact in Redis until the year 2255."""
    if timezone.is_naive(when):
        return (when - EPOCH.replace(tzinfo=None)) // MICROSECOND
    return (when - EPOCH) // MICROSECOND


def client() -> Any:
    """Return the connection to Redis. Raises ImproperlyConfigured."""
    return _client(redis_url(), redis_is_cluster())


@lru_cache(maxsize=8)
def _client(url: str, is_cluster: bool) -> Any:
    if redis is None:
        raise ImproperlyConfigured(
            "RedisTimeline: redis is not installed; run: pip install 'django-stream[redis]'."
        )
    maker: Any = redis.RedisCluster if is_cluster else redis.Redis
    return maker.from_url(
        url, decode_responses=True, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
    )


def run(script: str, user: Any, arguments: Sequence[Any]) -> Any:
    """Run a script on the set of a user."""
    return run_all(script, [(user, arguments)])[0]


def run_all(script: str, calls: Sequence[tuple[Any, Sequence[Any]]]) -> list[Any]:
    """Run a script on the sets of many users at once."""
    if not calls:
        return []
    digest = sha1(script.encode(), usedforsecurity=False).hexdigest()
    try:
        return _execute(digest, calls)
    except redis.exceptions.NoScriptError:  # a new server; to run what has run again does no harm
        client().script_load(script)
        return _execute(digest, calls)


def _execute(digest: str, calls: Sequence[tuple[Any, Sequence[Any]]]) -> list[Any]:
    pipeline = client().pipeline(transaction=False)
    for user, arguments in calls:
        # Pipelines of a cluster refuse ``evalsha()``, but know the command.
        pipeline.execute_command("EVALSHA", digest, 1, key_of(user), *arguments)
    found: list[Any] = pipeline.execute()
    return found


def read(
    user: Any, position: Position | None, newest_first: bool, count: int
) -> tuple[bool, bool, list[tuple[int, int]], bool] | None:
    """Return whether a set is complete from a position on, and whether to its end; some of it,
    as scores and keys; and whether there is more. None for a set that is not built.
    """
    here = None if position is None else (score(position[0]), position[1])
    skip = 0
    while True:
        arguments = ["" if here is None else here[0], int(newest_first), skip, count]
        found = run(READ, user, arguments)
        if not found:
            return None
        covers, is_all, *flat = found
        pairs = zip(flat[::2], flat[1::2], strict=True)
        members = [(int(at), int(text)) for text, at in pairs]
        has_more = len(members) == count
        if here is not None:  # those of the same time come along
            members = [each for each in members if (each < here if newest_first else each > here)]
        if members or not has_more:
            return bool(int(covers)), bool(int(is_all)), members, has_more
        skip += count


def rows_of(plan: FeedPlan, members: Sequence[tuple[int, int]]) -> list[Action]:
    """Return the actions of members that are public and have the time of their score."""
    if not members:
        return []
    keys = [pk for _, pk in members]
    condition = f"{plan.reader.key} IN ({', '.join(['%s'] * len(keys))})"
    sql, params = plan.place.filled(condition, keys)
    by_key = {row.pk: row for row in plan.reader.read(plan.reader.select + sql, params)}
    return [by_key[pk] for at, pk in members if pk in by_key and score(by_key[pk].datetime) == at]


def time_of(score: int) -> dt.datetime:
    when = EPOCH + score * MICROSECOND
    return when if settings.USE_TZ else when.replace(tzinfo=None)
