"""How fast actions are sent, beside the same INSERT written by hand, interleaved in one run.

    STREAM_TEST_DB=postgresql python -m benchmarks.sending

Prints actions a second (medians of the rounds) and the time of each as a multiple of the raw one.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from stream.models import Action  # noqa: E402
from stream.utils import action  # noqa: E402

ROUNDS = 7
ONE_BY_ONE = 500
IN_BULK = 10_000
BATCH = 1000
COLUMNS = "datetime, verb, description, data, public, actor_user_id, target_user_id"


def raw(user: User, count: int, rows: int) -> None:
    """Insert ``count`` actions by hand, ``rows`` in a statement."""
    quoted = "`datetime`" if connection.vendor == "mysql" else '"datetime"'
    columns = COLUMNS.replace("datetime", quoted, 1)
    values = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * rows)
    sql = f"INSERT INTO stream_action ({columns}) VALUES {values} RETURNING id"
    for _ in range(count // rows):
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(sql, [now, "liked", "", "{}", True, user.pk, user.pk] * rows)
            cursor.fetchall()


def send(user: User) -> None:
    for _ in range(ONE_BY_ONE):
        action.send(user, "liked", user)


def send_many(user: User) -> None:
    action.send_many({"actor": user, "verb": "liked", "target": user} for _ in range(IN_BULK))


def raw_many(user: User) -> None:
    rows = BATCH if connection.vendor != "sqlite" else 100  # of 7 parameters each
    with transaction.atomic():
        raw(user, IN_BULK, rows)


def measure(user: User, cases: dict[str, Callable[[User], None]]) -> dict[str, float]:
    """Return the median seconds of each case; the cases take turns."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            started = time.perf_counter()
            case(user)
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(each) for name, each in times.items()}


def report(count: int, seconds: dict[str, float], floor: str) -> None:
    for name, each in seconds.items():
        print(f"{name:28} {count / each:9,.0f} a second   {each / seconds[floor]:5.2f} x {floor}")


def main() -> None:
    name = connection.creation.create_test_db(verbosity=0)
    try:
        print(f"{connection.display_name}, {len(Action._meta.get_fields())} fields on Action")
        user = User.objects.create(username="ann")
        one = {"raw INSERT": lambda user: raw(user, ONE_BY_ONE, 1), "send": send}
        report(ONE_BY_ONE, measure(user, one), "raw INSERT")
        many = {"raw INSERT of many rows": raw_many, "send_many": send_many}
        report(IN_BULK, measure(user, many), "raw INSERT of many rows")
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
