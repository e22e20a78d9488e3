"""A site with so many registered models, measured by orders on stdin: ``page`` or ``create``.

Answers each order with the seconds that it took. All activity is among the first models, so that
what grows is the width of the tables and nothing else.
"""

from __future__ import annotations

import sys
from random import Random

import django
from django.conf import settings

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from benchmarks import database  # noqa: E402
from benchmarks.contenders.page import SIZE, rendered  # noqa: E402
from benchmarks.loading import fill  # noqa: E402
from benchmarks.many.models import MODELS  # noqa: E402
from benchmarks.timing import timed  # noqa: E402
from stream.models import Action  # noqa: E402
from stream.streams import user_stream  # noqa: E402
from stream.utils import action  # noqa: E402

ACTIVE = min(3, len(MODELS))  # models that do something
OBJECTS = 100  # of each
ACTIONS = 20_000
FOLLOWS = 60
CREATES = 20


def load() -> None:
    """Fill the tables."""
    time = "2026-01-01 00:00:{:09.6f}"
    fill(
        "auth_user",
        "id, username, password, first_name, last_name, email, is_superuser, is_staff, is_active, "
        "date_joined",
        [(1, "ann", "!", "", "", "", 0, 0, 1, time.format(0))],
    )
    for model in MODELS[:ACTIVE]:
        names = ((n, f"{model.__name__} number {n}") for n in range(1, OBJECTS + 1))
        fill(model._meta.db_table, "id, name", names)
    rng = Random(1)
    columns = [
        f"{role}_thing{number}_id"
        for role in ("actor", "target", "action_object")
        for number in range(1, ACTIVE + 1)
    ]

    def row(number: int) -> tuple[object, ...]:
        keys: list[int | None] = [None] * len(columns)
        for role in range(3):
            keys[role * ACTIVE + rng.randrange(ACTIVE)] = rng.randrange(OBJECTS) + 1
        return (number, time.format(number / 1000), "pushed", "", "{}", 1, *keys)

    fill(
        "stream_action",
        f"id, datetime, verb, description, data, public, {', '.join(columns)}",
        map(row, range(1, ACTIONS + 1)),
    )
    targets = [f"target_thing{number}_id" for number in range(1, ACTIVE + 1)]
    followed = (
        [n // ACTIVE + 1 if n % ACTIVE == model else None for model in range(ACTIVE)]
        for n in range(FOLLOWS)
    )
    fill(
        "follow_follow",
        f"id, user_id, datetime, flag, actor_only, {', '.join(targets)}",
        ((n, 1, time.format(0), "", 1, *keys) for n, keys in enumerate(followed, 1)),
    )


def create() -> float:
    """Return the seconds of one create, of several in a transaction that is taken back."""
    roles = ("actor", "target", "action_object")
    objects = {role: MODELS[n % ACTIVE].objects.get(pk=1) for n, role in enumerate(roles)}

    def send() -> None:
        for _ in range(CREATES):
            action.send(verb="pushed", **objects)

    with transaction.atomic():
        seconds = timed(send)() / CREATES
        transaction.set_rollback(True)
    return seconds


def main() -> None:
    database.prepare(f"{settings.MODELS} models", load)
    ann = User.objects.get()
    orders = {"page": timed(lambda: rendered(user_stream(ann)[:SIZE])), "create": create}
    expected = min(SIZE, Action.objects.count())
    if len(user_stream(ann)[:SIZE]) != expected:
        raise AssertionError(f"the page has not {expected} rows")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "drop":
            database.drop()
            print("dropped", flush=True)
        else:
            print(orders[line.strip()](), flush=True)
    connection.close()


if __name__ == "__main__":
    main()
