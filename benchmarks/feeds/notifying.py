"""The cases of notifications: to many recipients, and of one who has very many."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Max, Min
from django.test.utils import CaptureQueriesContext

from benchmarks.contenders.page import SIZE
from benchmarks.database import bytes_of, size_of
from benchmarks.feeds import ours_notifying
from benchmarks.feeds.dataset import FeedsDataset
from benchmarks.results import HQ, OURS, Result
from benchmarks.targets import TIMES
from benchmarks.timing import Timing, measure, profile

CONTENDERS: dict[str, Any] = {OURS: ours_notifying}
if settings.HQ:
    from benchmarks.feeds import hq

    CONTENDERS[HQ] = hq

Make = Callable[[str, str, dict[str, Timing], list[str]], Result]


class DifferentNotificationsError(AssertionError):
    """A contender did not show, count, mark or write the notifications that it was to."""


@dataclass
class Case:
    """What each contender does, and what is done after it outside the measured time."""

    title: str
    acts: dict[str, Callable[[], object]]
    after: dict[str, Callable[[], object]] = field(default_factory=dict)

    def run(self, name: str) -> float:
        started = time.perf_counter()
        self.acts[name]()
        seconds = time.perf_counter() - started
        self.restore(name)
        return seconds

    def restore(self, name: str) -> None:
        if name in self.after:
            self.after[name]()

    def queries(self) -> dict[str, int]:
        counts = {}
        for name, act in self.acts.items():
            with CaptureQueriesContext(connection) as queries:
                act()
            counts[name] = len(queries)
            self.restore(name)
        return counts


def results(
    options: argparse.Namespace, dataset: FeedsDataset, wanted: Callable[[str], bool], make: Make
) -> Iterator[Result]:
    """Measure the wanted cases."""
    for name, case in _cases(dataset):
        if wanted(name):
            runs: dict[str, Callable[[], float]] = {
                who: partial(case.run, who) for who in case.acts
            }
            timings = measure(runs, options.budget, options.rounds, warm_ups=1)
            result = make(name, case.title, timings, [])
            result.queries = case.queries()
            yield result
            if options.profile:
                print(profile(runs[OURS], times=5), file=sys.stderr)
    if wanted("notify-growth"):
        yield from _growth(options, dataset)


def _cases(dataset: FeedsDataset) -> Iterator[tuple[str, Case]]:
    user = User.objects.get(pk=dataset.recipient)
    many = dataset.notified
    yield f"notify-send-{dataset.recipients}", _send(dataset)
    pages = {who: partial(contender.page, user) for who, contender in CONTENDERS.items()}
    _check_equal({who: page() for who, page in pages.items()}, SIZE)
    yield "notify-list", Case(f"list of {SIZE} of {many:,} unread", dict(pages))
    groups = partial(ours_notifying.groups, user)
    yield "notify-groups", Case(f"list of {SIZE} groups of {many:,} unread", {OURS: groups})
    counts = {who: partial(contender.count, user) for who, contender in CONTENDERS.items()}
    if {count() for count in counts.values()} != {many}:
        raise DifferentNotificationsError(f"not all count {many} unread notifications")
    yield "notify-count", Case(f"count of {many:,} unread", dict(counts))
    badges = {
        who: getattr(contender, "badge", contender.count) for who, contender in CONTENDERS.items()
    }
    badge = Case(
        f'badge "99+" of {many:,} unread',
        {who: partial(show, user) for who, show in badges.items()},
    )
    yield "notify-badge", badge
    yield "notify-mark", _mark(user, many)


def _check_equal(pages: dict[str, list[Any]], size: int) -> None:
    for name, page in pages.items():
        if page != pages[OURS] or len(page) != size:
            raise DifferentNotificationsError(f"{name}: {page}, not {pages[OURS]}")


def _send(dataset: FeedsDataset) -> Case:
    actor = User.objects.get(pk=dataset.counts["user"] - 1)
    recipients = list(User.objects.filter(pk__lte=dataset.recipients))
    case = Case(f"send, and notify {len(recipients):,} recipients", {})
    for name, contender in CONTENDERS.items():
        notifier = contender.Notifier(actor, recipients)
        last = contender.last_key()
        case.acts[name] = notifier.send
        case.after[name] = partial(_delete, name, contender, last, len(recipients))
    return case


def _delete(name: str, contender: Any, last: int, count: int) -> None:
    """See who was notified, and delete it."""
    sent = contender.sent(last)
    found = sent.aggregate(first=Min("recipient"), last=Max("recipient"))
    number = sent.values("recipient").distinct().count()
    if (number, sent.count(), found) != (count, count, {"first": 1, "last": count}):
        raise DifferentNotificationsError(f"{name}: {number} recipients, {found}, not {count}")
    contender.delete_newer(last)
    _vacuum(contender.TABLES)


def _mark(user: User, many: int) -> Case:
    case = Case(f"mark {many:,} as read", {})
    for name, contender in CONTENDERS.items():
        case.acts[name] = partial(contender.mark_all, user)
        case.after[name] = partial(_unmark, name, contender, user, many)
    return case


def _unmark(name: str, contender: Any, user: User, many: int) -> None:
    """See that all are read, and take it back."""
    if left := contender.count(user):
        raise DifferentNotificationsError(f"{name}: {left} are still unread")
    contender.unmark_all(user)
    if contender.count(user) != many:
        raise DifferentNotificationsError(f"{name}: they are not unread again")
    _vacuum(contender.TABLES)


def _vacuum(tables: tuple[str, ...]) -> None:
    if connection.vendor == "postgresql":  # or each round would find more dead rows
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"VACUUM {table}")


def _growth(options: argparse.Namespace, dataset: FeedsDataset) -> Iterator[Result]:
    """How much greater the tables are when all is marked, as a multiple."""
    user = User.objects.get(pk=dataset.recipient)
    median = {}
    for name, contender in CONTENDERS.items():
        if any(bytes_of(table) is None for table in contender.TABLES):  # which compacts them
            return
        before = sum(size_of(table) or 0 for table in contender.TABLES)
        contender.mark_all(user)
        median[name] = sum(size_of(table) or 0 for table in contender.TABLES) / before
        _unmark(name, contender, user, dataset.notified)
    title = f"size of the tables after marking {dataset.notified:,} / before"
    yield Result(
        options.engine[0], dataset.actions, "notify-growth", title, unit=TIMES, median=median
    )
