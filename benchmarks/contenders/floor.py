"""SQL by hand over the driver: what a page and a row cost at least.

Everything is allowed here that this one site makes possible: it knows which models there are, who
follows what in which reach, and that times are unique. Of several plans the fastest is taken.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import connection

from benchmarks.case import DifferentError, difference
from benchmarks.page import SIZE, GetPage, Page, line

Rows = Sequence[Sequence[Any]]

# The columns of an action that make the home feed: each with the column of the follows.
FOLLOWED = {
    "actor_user_id": "target_user_id",
    "actor_repository_id": "target_repository_id",
    "target_repository_id": "target_repository_id",
}
COLUMNS = (
    "id, datetime, verb, actor_user_id, actor_repository_id, action_object_commit_id, "
    "action_object_comment_id, target_user_id, target_repository_id"
)
NAMES = {
    "user": ("auth_user", "username"),
    "repository": ("bench_repository", "name"),
    "commit": ("bench_commit", "message"),
    "comment": ("bench_comment", "text"),
}
PLACES = ("user", "repository", "commit", "comment", "user", "repository")  # of COLUMNS, from 3
DEEP = 40  # the number of the deep page
NEWEST = "ORDER BY datetime DESC, id DESC"


class Cursor(NamedTuple):
    """The last action of the page before."""

    datetime: Any
    id: int


def run(sql: str, params: Sequence[Any] = ()) -> Rows:
    """Run SQL on the driver's own connection, which is as Django sets it."""
    if connection.vendor == "sqlite":
        rows: Rows = connection.connection.execute(sql.replace("%s", "?"), params).fetchall()
        return rows
    with connection.connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    return rows


def _after(cursor: Cursor | None) -> tuple[str, list[Any]]:
    """The condition that a row is after the cursor, and public."""
    if cursor is None:
        return "public", []
    if connection.vendor == "mysql":  # ten times faster there than the comparison of rows
        condition = "public AND datetime <= %s AND (datetime < %s OR id < %s)"
        return condition, [cursor.datetime, cursor.datetime, cursor.id]
    return "public AND (datetime, id) < (%s, %s)", [cursor.datetime, cursor.id]


# Plans of the home feed: each returns the rows of a page after a cursor.


def scan(user: int, cursor: Cursor | None) -> Rows:
    """Read the newest actions until enough of them are of somebody followed."""
    after, values = _after(cursor)
    hints = {
        "sqlite": "INDEXED BY stream_newest_idx",
        "mysql": "FORCE INDEX (stream_newest_idx)",
    }
    is_followed = " OR ".join(
        f"{column} IN (SELECT {key} FROM follow_follow WHERE user_id = %s AND {key} IS NOT NULL)"
        for column, key in FOLLOWED.items()
    )
    return run(
        f"SELECT {COLUMNS} FROM stream_action {hints.get(connection.vendor, '')} "
        f"WHERE {after} AND ({is_followed}) {NEWEST} LIMIT {SIZE}",
        [*values, *[user] * len(FOLLOWED)],
    )


def gather(user: int, cursor: Cursor | None) -> Rows:
    """Read all actions of all that are followed, and sort them."""
    after, values = _after(cursor)
    branches = [
        f"SELECT * FROM (SELECT {COLUMNS} FROM (SELECT {key} AS followed FROM follow_follow "
        f"WHERE user_id = %s AND {key} IS NOT NULL) f JOIN stream_action ON {column} = followed "
        f"WHERE {after} {NEWEST} LIMIT {SIZE}) {column}"
        for column, key in FOLLOWED.items()
    ]
    return run(f"{' UNION '.join(branches)} {NEWEST} LIMIT {SIZE}", [user, *values] * len(FOLLOWED))


def probe(user: int, cursor: Cursor | None) -> Rows:
    """Two phases: look up the newest action of each followed; read on for the newest of these."""
    after, values = _after(cursor)
    if connection.vendor == "postgresql":
        branches = [
            f"SELECT newest.* FROM ({_keys(column, key, after)}) keys, LATERAL ("
            f"SELECT {COLUMNS} FROM stream_action WHERE {column} = keys.followed AND {after} "
            f"{NEWEST} LIMIT {SIZE}) newest"
            for column, key in FOLLOWED.items()
        ]
        params = [*values, user, *values] * len(FOLLOWED)
        return run(f"{' UNION '.join(branches)} {NEWEST} LIMIT {SIZE}", params)
    branches, params = [], []
    for column, key in FOLLOWED.items():
        for followed, _ in run(_keys(column, key, after), [*values, user]):
            branches.append(
                f"SELECT * FROM (SELECT {COLUMNS} FROM stream_action WHERE {column} = %s "
                f"AND {after} {NEWEST} LIMIT {SIZE}) b{len(branches)}"
            )
            params += [followed, *values]
    return run(f"{' UNION '.join(branches)} {NEWEST} LIMIT {SIZE}", params) if branches else []


def _keys(column: str, key: str, after: str) -> str:
    """The followed whose newest action is newest: no more of them can fill a page."""
    return (
        f"SELECT followed, newest FROM (SELECT {key} AS followed, (SELECT datetime "
        f"FROM stream_action WHERE {column} = follow_follow.{key} AND {after} {NEWEST} LIMIT 1) "
        f"AS newest FROM follow_follow WHERE user_id = %s AND {key} IS NOT NULL) probes "
        f"WHERE newest IS NOT NULL ORDER BY newest DESC LIMIT {SIZE}"
    )


PLANS: tuple[Callable[[int, Cursor | None], Rows], ...] = (scan, gather, probe)


def defined(user: int, limit: int) -> Rows:
    """Times and keys of a home feed's newest actions by its definition: an OR of subqueries."""
    conditions, follows = [], "SELECT {} FROM follow_follow WHERE user_id = %s AND {} IS NOT NULL"
    for role in ("actor", "target"):
        reach = "" if role == "actor" else " AND actor_only = FALSE"
        for model in ("user", "repository"):
            key = f"target_{model}_id"
            conditions.append(f"{role}_{model}_id IN ({follows.format(key, key)}{reach})")
    return run(
        f"SELECT datetime, id FROM stream_action WHERE public AND ({' OR '.join(conditions)}) "
        f"{NEWEST} LIMIT {limit}",
        [user] * len(conditions),
    )


def last_page(user: int) -> int:
    """Return the number of the deep page of a home feed, or of the last full one."""
    return len(defined(user, DEEP * SIZE)) // SIZE


def home(user: int) -> GetPage:
    return deep(user, 1)


def deep(user: int, number: int) -> GetPage:
    """The page of that number by the plan that is fastest for it."""
    rows = defined(user, number * SIZE)
    expected = [key for _, key in rows[(number - 1) * SIZE :]]
    cursor = Cursor(*rows[(number - 1) * SIZE - 1]) if number > 1 else None
    seconds: dict[Callable[..., Rows], float] = {}
    for plan in PLANS:
        for _ in range(3):
            started = time.perf_counter()
            found = [row[0] for row in plan(user, cursor)]
            taken = time.perf_counter() - started
            seconds[plan] = min(taken, seconds.get(plan, taken))
            if found != expected:
                raise DifferentError(f"{plan.__name__} by hand: {difference(found, expected)}")
            if taken > 1:  # it will not be the best one
                break
    best = min(seconds, key=lambda plan: seconds[plan])
    return lambda: rendered(best(user, cursor))


def of_object(role: str, model: str, key: int) -> GetPage:
    """The stream of an object in a role."""
    sql = (
        f"SELECT {COLUMNS} FROM stream_action WHERE {role}_{model}_id = %s AND public "
        f"{NEWEST} LIMIT {SIZE}"
    )
    return lambda: rendered(run(sql, [key]))


def at_once(user_id: int) -> GetPage:
    return of_object("actor", "user", user_id)


def of_any(model: str, key: int) -> GetPage:
    """The stream of an object as actor and target, which are its roles."""
    return _of_ranges([(f"{role}_{model}_id", key) for role in ("actor", "target")])


def of_actors(keys: Sequence[int]) -> GetPage:
    """The stream of several users."""
    return _of_ranges([("actor_user_id", key) for key in keys])


def _of_ranges(ranges: Sequence[tuple[str, int]]) -> GetPage:
    """The stream of some columns, each with a key: the first rows of each, sorted."""
    branches = [
        f"SELECT * FROM (SELECT {COLUMNS} FROM stream_action WHERE {column} = %s AND public "
        f"{NEWEST} LIMIT {SIZE}) b{number}"
        for number, (column, _) in enumerate(ranges)
    ]
    sql = f"{' UNION '.join(branches)} {NEWEST} LIMIT {SIZE}"
    return lambda: rendered(run(sql, [key for _, key in ranges]))


def of_verb(verb: str) -> GetPage:
    """All actions with a verb, of which there is no index."""
    sql = f"SELECT {COLUMNS} FROM stream_action WHERE public AND verb = %s {NEWEST} LIMIT {SIZE}"
    return lambda: rendered(run(sql, [verb]))


def rendered(rows: Rows) -> Page:
    """Load the names of the objects on the page in one statement, for the models on it."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for model, key in zip(PLACES, row[3:], strict=True):
            if key is not None:
                wanted.setdefault(model, set()).add(key)
    selects = [
        f"SELECT '{model}', id, {NAMES[model][1]} FROM {NAMES[model][0]} "
        f"WHERE id IN ({', '.join(['%s'] * len(keys))})"
        for model, keys in wanted.items()
    ]
    params = [key for keys in wanted.values() for key in keys]
    found = run(" UNION ALL ".join(selects), params) if selects else ()
    names = {(model, key): name for model, key, name in found}
    page = []
    for id, when, verb, *keys in rows:
        shown = [
            None if key is None else names[model, key]
            for model, key in zip(PLACES, keys, strict=True)
        ]
        roles = [shown[n] if shown[n] is not None else shown[n + 1] for n in (0, 2, 4)]
        page.append(line(id, roles[0], verb, roles[1], roles[2], _aware(when)))
    return page


def _aware(when: dt.datetime | str) -> dt.datetime:
    if isinstance(when, str):  # SQLite, out of a subquery
        when = dt.datetime.fromisoformat(when)
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)
