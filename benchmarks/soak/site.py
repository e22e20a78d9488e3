"""The people of the site, what they do and what they must see."""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib.auth.models import User

from benchmarks.app.models import Repository
from follow.models import Follow
from follow.utils import follow, unfollow
from stream.models import Action
from stream.paging import Page
from stream.streams import user_stream
from stream.timelines import JoinTimeline, get_timeline
from stream.utils import action
from tests.scale.feeds import Sources

PAGE = 25
PAGES = 3  # that a reader turns
STARS = 3  # users whom everybody follows at first

Key = tuple[int, str, int]  # a user, a kind of object and its key


class Site:
    """Users, repositories and their follows; counts what is done and notes what is wrong."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.ended: dict[Key, float] = {}  # when follows ended; at infinity while they do
        self.lock = threading.Lock()

    def populate(self) -> None:
        """Make the users and repositories, and follow so many objects as each."""
        rng = random.Random(self.options.seed)
        User.objects.bulk_create(User(username=f"user{n}") for n in range(self.options.users))
        Repository._default_manager.bulk_create(
            Repository(name=f"repository{n}") for n in range(self.options.users // 3)
        )
        self.users = list(User.objects.order_by("pk"))
        self.repositories = list(Repository._default_manager.order_by("pk"))
        make: Any = Follow
        follows = []
        for user in self.users:
            chosen: dict[Any, None] = dict.fromkeys(self.users[:STARS])
            chosen |= dict.fromkeys(rng.sample(self.users, self.options.follows))
            chosen |= dict.fromkeys(rng.sample(self.repositories, 3))
            follows += [make(user=user, target=each) for each in chosen if each != user]
        Follow.objects.bulk_create(follows)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def find_fault(self, fault: str) -> None:
        with self.lock:
            self.faults.append(fault)

    # What people do

    def send(self, rng: random.Random) -> None:
        """Send an action, now and then a batch of them; one of ten is by a star."""
        actor: Any = rng.choice(self.users[:STARS] if rng.random() < 0.1 else self.users)
        made: list[dict[str, Any]] = [
            {
                "actor": rng.choice([actor, actor, rng.choice(self.repositories)]),
                "verb": rng.choice(["pushed", "liked", "opened"]),
                "target": rng.choice([None, rng.choice(self.repositories)]),
                "public": rng.random() < 0.95,
            }
            for _ in range(10 if rng.random() < 0.05 else 1)
        ]
        if len(made) > 1:
            action.send_many(made)
        else:
            action.send(**made[0])
        with self.lock:
            self.counts["actions"] += len(made)

    def change_follows(self, rng: random.Random) -> None:
        """Follow or unfollow somebody."""
        user = rng.choice(self.users)
        obj: Any = rng.choice(self.users if rng.random() < 0.7 else self.repositories)
        if obj == user:
            return
        key = (user.pk, obj._meta.model_name, obj.pk)
        if rng.random() < 0.5:
            follow(user, obj)
            self.count("follows")
            return
        self.ended[key] = float("inf")
        unfollow(user, obj)
        self.ended[key] = time.monotonic()
        self.count("unfollows")

    def moderate(self, rng: random.Random) -> None:
        """Delete one of the newest actions, or make it private, as a moderator does."""
        chosen = Action.objects.order_by("-pk")[rng.randrange(200) :].first()
        if chosen and rng.random() < 0.5:
            chosen.delete()
            self.count("deleted")
        elif chosen:
            chosen.public = False
            chosen.save(update_fields=["public"])
            self.count("hidden")

    # What they must see

    def read(self, rng: random.Random) -> None:
        """Read some pages of a home feed, and judge them."""
        user = rng.choice(self.users)
        rows: list[Action] = []
        cursor = None
        for _ in range(PAGES):
            page = get_timeline().page(user_stream(user), PAGE, cursor)
            rows += page
            self.count("pages read")
            cursor = page.next
            if not cursor:
                break
        for fault in self.judge(user, rows):
            self.find_fault(f"home feed of {user}: {fault}")

    def judge(self, user: User, rows: list[Action]) -> Iterator[str]:
        """Tell what no reader may see, whatever the workers have yet to do."""
        keys = [(row.datetime, row.pk) for row in rows]
        if keys != sorted(set(keys), reverse=True):
            yield f"not in order, or doubled: {[row.pk for row in rows]}"
        allowed = set(
            user_stream(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
        )
        for row in rows:
            if row.pk not in allowed and not self.may_be_late(user, row):
                yield f"holds action {row.pk}, which is not of its definition"

    def may_be_late(self, user: User, row: Action) -> bool:
        """Tell whether a follow that brought an action may have ended just now."""
        soon = time.monotonic() - self.options.lag
        if not Action.objects.filter(pk=row.pk, public=True).exists():
            return True  # deleted or hidden while the page was judged
        for obj in (row.actor, row.target):
            key = obj and (user.pk, obj._meta.model_name, obj.pk)
            if key and self.ended.get(key, 0) > soon:
                return True
        return False

    # In the end

    def are_all_stored(self) -> bool:
        """Tell whether all timelines are read from what is stored; have the others built."""
        joined = Sources.pages["join"]
        for user in self.users:
            get_timeline().page(user_stream(user), PAGE)
        return Sources.pages["join"] == joined

    def differences(self) -> Iterator[str]:
        """Compare all pages of all users with the join."""
        for user in self.users:
            stored = list(pages(partial(get_timeline().page, user_stream(user), PAGE)))
            joined = list(pages(partial(JoinTimeline().page, user_stream(user), PAGE)))
            if stored != joined:
                missing = sorted({*joined} - {*stored})
                surplus = sorted({*stored} - {*joined})
                yield f"{user}: missing {missing[:5]}, surplus {surplus[:5]}"


def pages(read: Callable[[str | None], Page[Action]]) -> Iterator[int]:
    """Return the keys of all rows, page by page."""
    cursor = None
    while True:
        page = read(cursor)
        yield from (row.pk for row in page)
        if not page.next:
            return
        cursor = page.next
