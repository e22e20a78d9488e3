"""Timelines in Redis: a sorted set for each user, on one server or on a cluster.

A member is an action's key, padded so that actions of the same time sort by key; its score is the
time in microseconds. Times that no score can hold have the first or the last score, and only the
join tells them apart. Two more members are the state, so that it is lost together with the set:
``begun``, and ``floor``, whose score is the time since when the set is complete.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import BigIntegerField
from django.utils import timezone

from stream.chunks import chunks
from stream.models import Action
from stream.plan.homefeed import HomeFeed, restrict
from stream.timelines.conf import options, redis_prefix
from stream.timelines.models import Joined, State
from stream.timelines.stored import NOTHING, Candidates, Marks, Pair, StoredTimeline
from stream.timelines.stores.redis_scripts import ADD, ALL, FINISH, NEWEST, READ
from stream.timelines.stores.redis_server import RedisError, is_paused, key_of, run, run_all, server

if TYPE_CHECKING:
    from stream.paging.pages import Position
    from stream.plan.pages import Plan
    from stream.timelines.followers import Followers

logger = logging.getLogger("stream.timelines")

KEY_DIGITS = len(str(BigIntegerField.MAX_BIGINT))
LAST_SCORE = 2**53 - 1  # in microseconds: in the year 2255; the first is as long before 1970
MICROSECOND = dt.timedelta(microseconds=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SLACK = 10  # a timeline may be longer by a tenth of what it keeps
COMMANDS_PER_PIPELINE = 1000
STATE = ("begun", "floor")  # members that are no keys


class RedisTimeline(StoredTimeline):
    """Stores each timeline in a sorted set. While the server is down, the join serves."""

    store = "redis"

    def read(
        self, plan: Plan, user: Any, position: Position | None, count: int
    ) -> Candidates | None:
        # The marks come first: an action that is fanned out no more after they are read is only
        # late, like any other. In the other order it might be in neither.
        joined = Joined.objects.using(plan.rows.db)
        marks = list(joined.values_list("followed", "object_key"))
        if is_paused():
            return NOTHING
        try:
            return read(plan, user, position, count, marks)
        except RedisError:
            logger.exception("stream.timelines: Redis does not answer; the join serves")
            return NOTHING

    def begin(self, user: Any, using: str) -> None:
        # The state of a set that was built and is gone: evicted, or lost by the server.
        with transaction.atomic(using=using):
            State.objects.using(using).filter(pk=user, built_at__isnull=False).delete()
            super().begin(user, using)

    def add(self, action: Action, followers: Followers, using: str, is_new: bool = False) -> int:
        users = set(followers.users(using))
        arguments = [*_sizes(), score(action.datetime), member(action.pk)]
        return sum(
            sum(run_all(ADD, [(user, arguments) for user in some]))
            for some in chunks(users, COMMANDS_PER_PIPELINE)
        )

    def add_newest(
        self, user: Any, pairs: Sequence[Pair], floor: dt.datetime | None, using: str
    ) -> int:
        members = [each for when, pk in pairs for each in (score(when), member(pk))]
        run(NEWEST, user, [*_sizes(), "" if floor is None else score(floor), *members])
        return len(pairs)

    def clear(self, user: Any, using: str) -> None:
        with server() as redis_server:
            redis_server.delete(key_of(user))
            redis_server.zadd(key_of(user), {"begun": "-inf"})

    def finish(self, user: Any, floor: dt.datetime | None, using: str) -> None:
        run(FINISH, user, ["-inf" if floor is None else score(floor)])
        super().finish(user, floor, using)

    def purge(self, user: Any, using: str) -> None:
        members = {text: at for text, at in in_pairs(run(ALL, user, [])) if text not in STATE}
        kept = _of_feed(user, filter(_is_key, members), using)
        if gone := [text for text, at in members.items() if str(kept.get(text)) != at]:
            with server() as redis_server:
                redis_server.zrem(key_of(user), *gone)
            # Some may have come back into the feed, and been fanned out, just before the removal.
            back = _of_feed(user, filter(_is_key, gone), using)
            members_back = [each for text, at in back.items() for each in (at, text)]
            run(NEWEST, user, [*_sizes(), "", *members_back])

    def reset(self, using: str) -> None:
        super().reset(using)
        with server() as redis_server:
            keys = redis_server.scan_iter(f"{redis_prefix()}{{*}}", count=COMMANDS_PER_PIPELINE)
            for some in chunks(keys, COMMANDS_PER_PIPELINE):
                pipeline = redis_server.pipeline(transaction=False)
                for key in some:
                    pipeline.delete(key)
                pipeline.execute()

    def trim(self, users: Iterable[Any], using: str) -> None:
        keep = options().keep
        run_all(ADD, [(user, [keep, keep, "", ""]) for user in users])

    def is_to_trim(self, action: Action) -> bool:
        return False  # each addition does


def _sizes() -> tuple[int, int]:
    """Return how many members to keep, and from which number on to trim."""
    keep = options().keep
    return keep, keep + keep // SLACK


def _of_feed(user: Any, members: Iterable[str], using: str) -> dict[str, int]:
    """Return the members that are in the user's feed, with their scores."""
    actions: Any = Action.objects.using(using).filter(public=True, pk__in=map(int, members))
    stream = restrict(actions.order_by(), HomeFeed(Action, get_user_model()(pk=user)))
    return {member(pk): score(when) for pk, when in stream.values_list("pk", "datetime")}


def member(pk: int) -> str:
    return f"{pk:0{KEY_DIGITS}}"


def _is_key(text: str) -> bool:
    is_number = len(text) == KEY_DIGITS and text.isdecimal()
    return is_number and int(text) <= BigIntegerField.MAX_BIGINT


def score(when: dt.datetime) -> int:
    """Return a time in microseconds, or the first or last that a score holds."""
    epoch = EPOCH.replace(tzinfo=None) if timezone.is_naive(when) else EPOCH
    return max(-LAST_SCORE, min((when - epoch) // MICROSECOND, LAST_SCORE))


def read(
    plan: Plan, user: Any, position: Position | None, count: int, marks: Marks
) -> Candidates | None:
    """Return some of a set beyond a position; None if it is not built.

    A set that holds what no timeline has written is deleted, and so not built.
    """
    here = None if position is None else (score(position[0]), position[1])
    if here and abs(here[0]) == LAST_SCORE:
        return NOTHING
    skip, newest_first = 0, plan.newest_first
    while True:
        arguments = ["" if here is None else here[0], int(newest_first), skip, count]
        answer = run(READ, user, arguments)
        if not answer:
            return None
        covers, is_all, *flat = answer
        try:
            members = [_entry(text, at) for text, at in in_pairs(flat)]
        except ValueError:
            logger.warning("stream.timelines: %s holds what no timeline has written", key_of(user))
            with server() as redis_server:
                redis_server.delete(key_of(user))
            return None
        if not int(covers) or any(abs(at) == LAST_SCORE for at, _ in members):
            return NOTHING
        has_more = len(members) == count
        if here is not None:  # Redis compares scores only
            members = [each for each in members if (each < here if newest_first else each > here)]
        if members or not has_more:
            break
        skip += count
    last = (time_of(members[-1][0]), members[-1][1]) if has_more else None
    return Candidates(actions_of(plan, members), last, bool(int(is_all)), marks)


def in_pairs(flat: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return members and scores in pairs."""
    return zip(flat[::2], flat[1::2], strict=True)


def _entry(text: str, at: str) -> tuple[int, int]:
    """Return the score and key of a member. Raises ValueError if no timeline has written it."""
    if not _is_key(text) or abs(int(at)) > LAST_SCORE:
        raise ValueError(text)
    return int(at), int(text)


def actions_of(plan: Plan, members: Sequence[tuple[int, int]]) -> list[Action]:
    """Return the actions of members that are public and have the time of their score."""
    if not members:
        return []
    keys = [pk for _, pk in members]
    condition = f"{plan.reader.key} IN ({', '.join(['%s'] * len(keys))})"
    sql, params = plan.from_where_without_feed(condition, keys)
    by_key = {row.pk: row for row in plan.reader.read(plan.reader.select + sql, params)}
    return [by_key[pk] for at, pk in members if pk in by_key and score(by_key[pk].datetime) == at]


def time_of(score: int) -> dt.datetime:
    when = EPOCH + score * MICROSECOND
    return when if settings.USE_TZ else when.replace(tzinfo=None)
