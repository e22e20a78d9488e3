"""A site with many registered models.

All activity is among the first models, so that what grows is the width of the tables and nothing
else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from benchmarks import database
from benchmarks.case import Case, DifferentError, Table
from benchmarks.filling import fill
from benchmarks.many.models import MODELS
from benchmarks.page import SIZE, rendered
from benchmarks.results import OURS
from benchmarks.tables import ROLES, USER, user_row
from stream.streams import user_stream
from stream.utils import action

ACTIVE = min(3, len(MODELS))  # models that do something
OBJECTS = 100  # of each
ACTIONS = 20_000
FOLLOWS = 60
CREATES = 20


def table(options: SimpleNamespace, stack: ExitStack) -> Table:
    database.prepare(f"{settings.MODELS} models", load)
    yield "models-page", page
    yield "models-create", create


def page() -> Iterable[Case]:
    ann = User.objects.get()
    if len(user_stream(ann)[:SIZE]) != SIZE:
        raise DifferentError(f"the page has not {SIZE} rows")
    title = f"home feed, first page, {settings.MODELS} registered models"
    acts = {OURS: lambda: rendered(user_stream(ann)[:SIZE])}
    yield Case(f"models-page-{settings.MODELS}", title, acts)


def create() -> Iterable[Case]:
    objects: dict[str, Any] = {
        role: MODELS[n % ACTIVE]._default_manager.get(pk=1) for n, role in enumerate(ROLES)
    }

    def act() -> float:
        with transaction.atomic():
            started = time.perf_counter()
            for _ in range(CREATES):
                action.send(verb="pushed", **objects)
            seconds = time.perf_counter() - started
            transaction.set_rollback(True)
        return seconds

    title = f"send, in one transaction, {settings.MODELS} registered models"
    yield Case(f"models-create-{settings.MODELS}", title, {OURS: act}, times=CREATES)


def load() -> None:
    instant = "2026-01-01 00:00:{:09.6f}".format
    fill("auth_user", USER, [user_row(1, "ann")])
    for model in MODELS[:ACTIVE]:
        names = ((n, f"{model.__name__} number {n}") for n in range(1, OBJECTS + 1))
        fill(model._meta.db_table, "id, name", names)
    rng = Random(1)
    active = range(1, ACTIVE + 1)
    arcs = ", ".join(f"{role}_thing{number}_id" for role, number in product(ROLES, active))

    def row(number: int) -> tuple[object, ...]:
        keys: list[int | None] = [None] * (ACTIVE * len(ROLES))
        for role in range(len(ROLES)):
            keys[role * ACTIVE + rng.randrange(ACTIVE)] = rng.randrange(OBJECTS) + 1
        return (number, instant(number / 1000), "pushed", "", "{}", 1, *keys)

    columns = f"id, datetime, verb, description, data, public, {arcs}"
    fill("stream_action", columns, map(row, range(1, ACTIONS + 1)))

    def follow(number: int) -> tuple[object, ...]:
        keys = [number // ACTIVE + 1 if number % ACTIVE == n else None for n in range(ACTIVE)]
        return (number + 1, 1, instant(0), "", 1, *keys)

    targets = ", ".join(f"target_thing{number}_id" for number in active)
    columns = f"id, user_id, datetime, flag, actor_only, {targets}"
    fill("follow_follow", columns, map(follow, range(FOLLOWS)))
