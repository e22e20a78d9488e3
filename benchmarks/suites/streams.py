"""Pages of streams, sending, and disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from benchmarks import database, tables
from benchmarks.case import Case, DifferentError, Table
from benchmarks.contenders import floor, floor_writing, ours
from benchmarks.dataset import Dataset
from benchmarks.results import FLOOR, GUARDED, HALF_HIDDEN, OURS, OURS_PAGE, PEER

CONTENDERS: dict[str, Any] = {OURS: ours, OURS_PAGE: ours.ByPage}
WRITERS: dict[str, Any] = {OURS: ours.Writer, FLOOR: floor_writing.Writer}
if settings.PEER:
    from benchmarks.contenders import activity_stream

    CONTENDERS[PEER] = activity_stream
    WRITERS[PEER] = activity_stream.Writer
CONTENDERS[FLOOR] = floor
TABLES = {OURS: "stream_action"} | ({PEER: "actstream_action"} if settings.PEER else {})
NOTES = [] if settings.PEER else [f"without {PEER}: it is not installed"]

ROLES = {"actor": ("user", 0.95), "target": ("repository", 0.8), "action_object": ("commit", 0.35)}
ACTORS = 60  # of a stream of several
ONE_BY_ONE, IN_BULK = 100, 10_000


def table(options: SimpleNamespace, stack: ExitStack) -> Table:
    data = Dataset(options.actions, options.seed)
    peer = "with" if settings.PEER else "no"
    name = f"{data.actions} actions, seed {data.seed}, {peer} peer"
    database.prepare(name, partial(tables.load, data))
    database.delete_newer(data.actions)  # of a run that was interrupted
    connection.ensure_connection()
    for each in data.follow_sets:
        title = f"home feed, {each.title} follows"
        yield f"home-{each.name}", partial(page, f"home-{each.name}", title, "home", each.user)
        yield f"guarded-{each.name}", partial(guarded, each.name, each.title, each.user)
        if "quiet" not in each.name:
            yield f"deep-{each.name}", partial(deep, f"deep-{each.name}", title, each.user)
    for name, title, call, *arguments in objects(data):
        yield name, partial(page, name, title, call, *arguments)
    yield "disk", partial(disk, data.actions)
    for name, title, call, count, atomic in (
        ("send", "send, a transaction each", "send", ONE_BY_ONE, False),
        ("send-atomic", "send, in one transaction", "send", ONE_BY_ONE, True),
        ("send-many", "send_many, {:,} at once", "send_many", min(IN_BULK, data.actions), False),
    ):
        make = partial(write, name, title.format(count), call, count, atomic, data.actions)
        yield name, make
    # What was written is deleted again, so that the planner's statistics are of other rows.
    stack.callback(database.analyze)


def objects(data: Dataset) -> Iterable[tuple[Any, ...]]:
    """Streams of objects: name, title, the contenders' function, and its arguments."""
    for role, (model, share) in ROLES.items():
        count = data.users if model == "user" else data.counts[model]
        ranks = {"hot": 1, "cold": data.quiet_rank(count, int(data.actions * share))}
        for warmth, rank in ranks.items():
            title = f"stream of a {warmth} {role.replace('_', ' ')}"
            key = data.by_rank(model, rank)
            yield f"{role}-{warmth}", title, "of_object", role, model, key
    for warmth, key in (("hot", data.by_rank("repository", 1)), ("silent", data.silent_repository)):
        title = f"stream of a {warmth} object in any role"
        yield f"any-{warmth}", title, "of_any", "repository", key
    actors = data.silent_users[:ACTORS]
    yield "actors-silent", f"stream of {len(actors)} silent actors", "of_actors", actors
    title = "stream of an actor, 500 at one instant"
    yield "actor-at-once", title, "at_once", data.clumped_user
    title = "all actions with a verb that nobody uses, first page"
    yield "verb-rare", title, "of_verb", "nothing"


def page(name: str, title: str, call: str, *arguments: object) -> Iterable[Case]:
    """A page of all contenders that have the function."""
    calls = {who: getattr(each, call, None) for who, each in CONTENDERS.items()}
    acts = {who: get(*arguments) for who, get in calls.items() if get}
    return [Case(name, title, acts, are_same=True, notes=[*NOTES])]


def guarded(name: str, title: str, user: int) -> Iterable[Case]:
    """A home feed without rules, with some that hide hardly anything, and with some that hide half.

    A rule for users and one for repositories, of which each action has one or two.
    """
    acts = {
        OURS: ours.deep(user, 1),
        GUARDED: ours.guarded(user, ours.hides_few),
        HALF_HIDDEN: ours.guarded(user, ours.hides_half),
    }
    return [Case(f"guarded-{name}", f"home feed with rules, {title} follows", acts)]


def deep(name: str, title: str, user: int) -> Iterable[Case]:
    """The 40th page of a home feed, or its last full one but the first."""
    number = floor.last_page(user)
    return page(name, f"{title}, page {number}", "deep", user, number) if number > 1 else []


def disk(actions: int) -> Iterable[Case]:
    sizes = {who: database.bytes_of(table) for who, table in TABLES.items()}
    known = {who: size for who, size in sizes.items() if size}
    for name, what, parts in (
        ("disk-table", "table", [0]),
        ("disk-indexes", "indexes", [1]),
        ("disk", "table and indexes", [0, 1]),
    ):
        # Bytes an action are MB a million.
        figures = {who: sum(size[n] for n in parts) / actions for who, size in known.items()}
        if figures:
            title = f"disk, {what}, MB a million actions"
            yield Case(name, title, unit="MB", figures=figures, notes=[*NOTES])


def write(
    name: str, title: str, call: str, count: int, atomic: bool, actions: int
) -> Iterable[Case]:
    """A case in which each contender writes so many actions, which are deleted again."""

    def in_one(act: Callable[[int], None]) -> None:
        with transaction.atomic():
            act(count)

    def after(who: str) -> None:
        table = TABLES.get(who, "stream_action")
        ((written,),) = floor.run(f"SELECT COUNT(*) FROM {table} WHERE id > %s", [actions])
        database.delete_newer(actions)
        if written != count:
            raise DifferentError(f"{who} wrote {written} actions, not {count}")

    calls = {who: getattr(writer(), call, None) for who, writer in WRITERS.items()}
    acts = {
        who: partial(in_one, act) if atomic else partial(act, count)
        for who, act in calls.items()
        if act
    }
    return [Case(name, title, acts, after=after, times=count, notes=[*NOTES])]
