"""The cases that read a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from django.conf import settings
from django.db import connection

from benchmarks.contenders import floor, ours
from benchmarks.contenders.page import SIZE, GetPage
from benchmarks.dataset import Dataset, FollowSet
from benchmarks.equality import PageCase
from benchmarks.results import FLOOR, OURS, OURS_PAGE, PEER

if settings.PEER:
    from benchmarks.contenders import peer

DEEP = 40  # the number of the deep page, or of the last full one
HOT, COLD = "hot", "cold"
ACTORS = 60  # of a stream of several


Make = Callable[[], PageCase | None]


def plain_ids(user: int, limit: int) -> list[tuple[object, int]]:
    """The time and key of a home feed's newest actions, by its definition: an OR of subqueries.

    None of the tricks of the floor, which must show the same.
    """
    follows = "SELECT {} FROM follow_follow WHERE user_id = %s AND {} IS NOT NULL"
    conditions = []
    for role in ("actor", "target"):
        reach = "" if role == "actor" else " AND actor_only = FALSE"
        for model in ("user", "repository"):
            key = f"target_{model}_id"
            conditions.append(f"{role}_{model}_id IN ({follows.format(key, key)}{reach})")
    rows = floor.run(
        f"SELECT datetime, id FROM stream_action WHERE public AND ({' OR '.join(conditions)}) "
        f"ORDER BY datetime DESC, id DESC LIMIT {limit}",
        [user] * len(conditions),
    )
    return [(row[0], row[1]) for row in rows]


def cases(dataset: Dataset) -> Iterator[tuple[str, Make]]:
    """The names of the cases, each with the function that prepares it."""
    for each in dataset.follow_sets:
        yield f"home-{each.name}", partial(home, each)
    for each in dataset.follow_sets:
        if "quiet" not in each.name:
            yield f"deep-{each.name}", partial(deep, each)
    for role, model in (("actor", "user"), ("target", "repository"), ("action_object", "commit")):
        for warmth in (HOT, COLD):
            yield f"{role}-{warmth}", partial(of_object, dataset, role, model, warmth)
    yield "any-hot", partial(of_any, "hot", dataset.by_rank("repository", 1))
    yield "any-silent", partial(of_any, "silent", dataset.silent_repository)
    yield "actors-silent", partial(of_actors, list(dataset.silent_users[:ACTORS]))
    yield "actor-at-once", partial(at_once, dataset.clumped_user)
    yield "verb-rare", rare_verb


def of_any(warmth: str, key: int) -> PageCase:
    ranges = [(f"{role}_repository_id", key) for role in ("actor", "target")]
    pages = {OURS: ours.of_any("repository", key), FLOOR: floor.of_ranges(*ranges)}
    if settings.PEER:
        pages[PEER] = peer.of_any("repository", key)
    return PageCase(f"stream of a {warmth} object in any role", pages)


def of_actors(keys: list[int]) -> PageCase:
    by_hand = floor.of_ranges(*(("actor_user_id", key) for key in keys))
    title = f"stream of {len(keys)} silent actors"  # the peer has none
    return PageCase(title, {OURS: ours.of_actors(keys), FLOOR: by_hand})


def at_once(key: int) -> PageCase:
    pages = {
        OURS: ours.of_object("actor", "user", key),
        FLOOR: floor.of_object("actor", "user", key),
    }
    return PageCase(
        "stream of an actor, 500 at one instant", pages
    )  # the peer orders by time alone


def rare_verb() -> PageCase:
    pages = {OURS: ours.of_verb("nothing"), FLOOR: floor.of_verb("nothing")}
    if settings.PEER:
        pages[PEER] = peer.of_verb("nothing")
    return PageCase("all actions with a verb that nobody uses, first page", pages)


def home(follow_set: FollowSet) -> PageCase:
    user = follow_set.user
    pages = {OURS: ours.home(user)}
    if by_page := ours.home_page(user):
        pages[OURS_PAGE] = by_page
    if settings.PEER:
        pages[PEER] = peer.home(user)
    best, pages[FLOOR] = _best_plan(user, None)
    reference = [id for _, id in plain_ids(user, SIZE)]
    title = f"home feed, {follow_set.title} follows"
    return PageCase(title, pages, reference, [f"the plan by hand: {best}"])


def deep(follow_set: FollowSet) -> PageCase | None:
    user = follow_set.user
    rows = plain_ids(user, DEEP * SIZE)
    number = len(rows) // SIZE
    if number < 2:
        return None
    rows = rows[: number * SIZE]
    cursor = floor.Cursor(*rows[-SIZE - 1])
    pages = {OURS: ours.deep(user, number)}
    if settings.PEER:
        pages[PEER] = peer.home(user, number)
    best, pages[FLOOR] = _best_plan(user, cursor)
    title = f"home feed, {follow_set.title} follows, page {number}"
    case = PageCase(title, pages, [id for _, id in rows[-SIZE:]], [f"the plan by hand: {best}"])
    if not ours.HAS_PAGES:
        case.notes.append(f"{OURS} by offset: its streams have no page() yet")
    return case


def of_object(dataset: Dataset, role: str, model: str, warmth: str) -> PageCase:
    share = {"actor": 0.95, "target": 0.8, "action_object": 0.35}[role]
    count = dataset.users if model == "user" else dataset.counts[model]
    rank = 1 if warmth == HOT else dataset.quiet_rank(count, int(dataset.actions * share))
    key = dataset.by_rank(model, rank)
    pages = {OURS: ours.of_object(role, model, key), FLOOR: floor.of_object(role, model, key)}
    if settings.PEER:
        pages[PEER] = peer.of_object(role, model, key)
    return PageCase(f"stream of a {warmth} {role.replace('_', ' ')}", pages)


def _best_plan(user: int, cursor: floor.Cursor | None) -> tuple[str, GetPage]:
    """Return the plan by hand that is fastest for this page, and its name."""
    connection.ensure_connection()
    seconds: dict[str, float] = {}
    for name, plan in floor.PLANS.items():
        for _ in range(3):
            started = time.perf_counter()
            plan(user, cursor)
            taken = time.perf_counter() - started
            seconds[name] = min(taken, seconds.get(name, taken))
            if taken > 1:  # it will not be the best one
                break
    best = min(seconds, key=lambda name: seconds[name])
    return best, lambda: floor.rendered(floor.PLANS[best](user, cursor))
