"""The data: the same for a number of actions and a seed, made row by row and never kept.

Activity is Zipf's: the actor of rank r acts in proportion to 1/r. Times are unique, so that the
order of a stream leaves no choice even to a peer that orders by time alone; but for those of one
user, who has acted 500 times at one instant. Some fall silent: users after a fifth of the history,
and a repository after two fifths, as planners do not expect. For timelines and notifications there
are stars, each followed by so many.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from random import Random
from typing import NamedTuple

END = dt.datetime(2026, 1, 1)
SPAN = dt.timedelta(days=730)
STRIDE = 1_000_003  # a prime: spreads the ranks over the ids
PRIVATE = 0.02  # of the actions
QUIET_ACTIONS = 20  # of somebody quiet, about
SIZES = (10, 100, 1000, 5000)  # of the follow sets
FOLLOWS_EACH = 4  # of everybody else
SILENT_USERS = 400
SILENT_SINCE = 0.2  # of the history, users; the repository twice as long
SILENT_SHARE = 0.25  # of the actions until then
FOLLOW_SETS = 20  # at most
CLUMP = 500  # actions of one user at one instant, in the middle
RECIPIENTS = 1000  # of one action
SECOND = dt.timedelta(seconds=1)

Id = tuple[str, int]  # a model's name and a key


class ActionRow(NamedTuple):
    id: int
    datetime: str
    verb: str
    public: int
    actor: Id
    target: Id | None
    action_object: Id | None


class FollowRow(NamedTuple):
    id: int
    user: int
    target: Id
    actor_only: int
    datetime: str


class FollowSet(NamedTuple):
    """What one user follows: users as actors only, repositories as a whole."""

    name: str
    title: str
    user: int
    users: list[int]
    repositories: list[int]


@dataclass(frozen=True)
class Dataset:
    actions: int
    seed: int = 1
    followers: tuple[int, ...] = ()  # of each star: the users from 1 on

    @property
    def users(self) -> int:
        """The number of users who act; those whose feeds are measured come after them."""
        return max(self.actions // 20, min(10_000, self.actions // 5), *self.followers)

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows of each model."""
        return {
            "user": self.clumped_user + len(self.followers) + bool(self.followers),
            "repository": self.silent_repository,
            "commit": self.actions // 10,
            "comment": self.actions // 10,
        }

    @property
    def silent_users(self) -> range:
        """The keys of the users who fell silent."""
        first = self.users + FOLLOW_SETS + 1
        return range(first, first + min(SILENT_USERS, self.users // 5))

    @property
    def silent_repository(self) -> int:
        return self.users // 5 + 1

    @property
    def clumped_user(self) -> int:
        """Who has acted many times at one instant."""
        return self.silent_users.stop

    @property
    def stars(self) -> dict[int, int]:
        """The key of the user with so many followers."""
        return {count: self.clumped_user + n for n, count in enumerate(self.followers, 1)}

    @property
    def recipients(self) -> int:
        """The number of users, from 1 on, whom one action is notified to."""
        return min(RECIPIENTS, self.users)

    @property
    def recipient(self) -> int:
        """Who has as many unread notifications as the greatest star has followers."""
        return self.counts["user"]

    def notifications(self) -> list[ActionRow]:
        """What that user is notified of, oldest first: the newest public actions."""
        public = (row for row in self.action_rows() if row.public)
        return list(deque(public, max(self.followers)))

    def by_rank(self, model: str, rank: int) -> int:
        """Return the key of the object of a rank, 1 being the busiest."""
        return (rank - 1) * STRIDE % self.ranked(model) + 1

    def ranked(self, model: str) -> int:
        """Return how many objects of a model have a rank: all but the silent and the like."""
        counts = {"user": self.users, "repository": self.users // 5}
        return counts[model] if model in counts else self.counts[model]

    def quiet_rank(self, count: int, actions: int) -> int:
        """Return the rank that has about 20 of so many actions, spread over ``count`` objects."""
        return min(count // 2, max(2, int(actions / (QUIET_ACTIONS * log(count)))))

    @cached_property
    def follow_sets(self) -> list[FollowSet]:
        """The follow sets that fit this size, each with a user of its own."""
        users, repositories = self.users, self.users // 5
        rng = Random(self.seed + 1)
        quiet = self.quiet_rank(users, self.actions)
        ranks: dict[str, tuple[str, Sequence[int], Sequence[int]]] = {
            "2-quiet": ("2 quiet", range(quiet, quiet + 2), ()),
            "100-quiet": ("100 quiet", range(quiet, quiet + 100), ()),
            "100-busy": ("100 busy", range(1, 101), ()),
            "1-busy": ("1 busy and 50 quiet", (1, *range(quiet, quiet + 50)), ()),
        }
        for size in SIZES:
            if size <= users // 2:
                some_users = _draw(rng, users, size - size // 10)
                ranks[str(size)] = (str(size), some_users, _draw(rng, repositories, size // 10))
        sets = []
        for number, (name, (title, of_users, of_repositories)) in enumerate(ranks.items(), 1):
            user_ids = [(rank - 1) * STRIDE % users + 1 for rank in of_users]
            repository_ids = [(rank - 1) * STRIDE % repositories + 1 for rank in of_repositories]
            sets.append(FollowSet(name, title, users + number, user_ids, repository_ids))
        silent = list(self.silent_users[:40])
        sets.append(FollowSet("silent", "40 silent", users + len(sets) + 1, silent, []))
        return sets

    def times(self) -> Iterator[str]:
        """The times of the actions, oldest first."""
        rng = Random(self.seed + 2)
        step = SPAN // self.actions
        microseconds = step // dt.timedelta(microseconds=1)
        start = END - step * self.actions
        for number in range(self.actions):
            jitter = dt.timedelta(microseconds=int(rng.random() * microseconds))
            yield (start + step * number + jitter).isoformat(" ", "microseconds")

    def action_rows(self) -> Iterator[ActionRow]:
        """The actions, oldest first."""
        random = Random(self.seed).random
        counts = {model: self.ranked(model) for model in self.counts}
        silent, choose = self.silent_users, Random(self.seed + 3).random
        clump = range(self.actions // 2, self.actions // 2 + min(CLUMP, self.actions // 100))
        instant = ""

        def somebody(model: str) -> Id:
            count = counts[model]
            return model, (int(count ** random()) - 1) * STRIDE % count + 1

        for number, time in enumerate(self.times(), 1):
            public = int(random() >= PRIVATE)
            kind = random()
            roles: tuple[str, Id, Id | None, Id | None]
            if kind < 0.35:
                roles = "pushed", somebody("user"), somebody("repository"), somebody("commit")
            elif kind < 0.60:
                roles = "added", somebody("user"), somebody("repository"), somebody("comment")
            elif kind < 0.80:
                roles = "starred", somebody("user"), somebody("repository"), None
            elif kind < 0.90:
                roles = "greeted", somebody("user"), somebody("user"), None
            elif kind < 0.95:
                roles = "joined", somebody("user"), None, None
            else:
                roles = "released", somebody("repository"), None, None
            verb, actor, target, action_object = roles
            age = number / self.actions
            if age <= SILENT_SINCE and choose() < SILENT_SHARE:
                actor = "user", silent[int(choose() * len(silent))]
            is_early = age <= 2 * SILENT_SINCE and choose() < SILENT_SHARE
            if is_early and target and target[0] == "repository":
                target = "repository", self.silent_repository
            if number in clump:
                instant = instant or time
                time, verb = instant, "joined"
                actor, target, action_object = ("user", self.clumped_user), None, None
            yield ActionRow(number, time, verb, public, actor, target, action_object)

    def follow_rows(self) -> Iterator[FollowRow]:
        """The follow sets, a few follows of everybody else, and those of the stars."""
        for number, (user, target) in enumerate(self._follows(), 1):
            # Not one time for all: who fans out in chunks takes them in the order of the times.
            time = (END + number * SECOND).isoformat(" ", "microseconds")
            yield FollowRow(number, user, target, int(target[0] == "user"), time)

    def _follows(self) -> Iterator[tuple[int, Id]]:
        for each in self.follow_sets:
            yield from ((each.user, ("user", key)) for key in each.users)
            yield from ((each.user, ("repository", key)) for key in each.repositories)
        for user in range(1, self.users + 1):
            for nth in range(1, FOLLOWS_EACH + 1):
                yield user, ("user", (user + nth * 7919) % self.users + 1)
        for count, star in self.stars.items():
            yield from ((user, ("user", star)) for user in range(1, count + 1))


def _draw(rng: Random, count: int, size: int) -> list[int]:
    """Draw distinct ranks, the busier the likelier, but none of the very busiest."""
    ranks: dict[int, None] = {}
    while len(ranks) < size:
        ranks[int(count ** (0.5 + 0.5 * rng.random()))] = None
    return list(ranks)
