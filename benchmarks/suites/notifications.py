"""Notifications: to many recipients, and of one who has very many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Max, Min

from benchmarks import database
from benchmarks.case import Case, DifferentError, Table
from benchmarks.contenders import ours_notifications
from benchmarks.dataset import Dataset
from benchmarks.page import SIZE
from benchmarks.results import HQ, OURS, TIMES

CONTENDERS: dict[str, Any] = {OURS: ours_notifications}
if settings.HQ:
    from benchmarks.contenders import notifications_hq

    CONTENDERS[HQ] = notifications_hq
NOTES = [] if settings.HQ else [f"without {HQ}: it is not installed"]


def table(data: Dataset) -> Table:
    user, many = User.objects.get(pk=data.recipient), max(data.followers)
    yield f"notify-send-{data.recipients}", partial(send, data)
    for name, title, call, are_same in (
        ("notify-list", f"list of {SIZE} of {many:,} unread", "page", True),
        ("notify-groups", f"list of {SIZE} groups of {many:,} unread", "groups", False),
        ("notify-count", f"count of {many:,} unread", "count", True),
        ("notify-badge", f'badge "99+" of {many:,} unread', "badge", False),
    ):
        yield name, partial(read, name, title, call, user, are_same)
    yield "notify-mark", partial(mark, user, many)
    yield "notify-growth", partial(growth, user, many)


def read(name: str, title: str, call: str, user: User, are_same: bool) -> Iterable[Case]:
    """What all contenders show that have the function."""
    calls = {who: getattr(each, call, None) for who, each in CONTENDERS.items()}
    acts = {who: partial(show, user) for who, show in calls.items() if show}
    return [Case(name, title, acts, are_same, warm_ups=1, notes=[*NOTES])]


def send(data: Dataset) -> Iterable[Case]:
    """Notify of an action; then see who was notified, and delete it."""
    actor = User.objects.get(pk=max(data.stars.values()))
    recipients = list(User.objects.filter(pk__lte=data.recipients))
    count = len(recipients)
    last = {who: each.last_key() for who, each in CONTENDERS.items()}

    def after(who: str) -> None:
        contender = CONTENDERS[who]
        sent = contender.sent(last[who])
        found = sent.aggregate(first=Min("recipient"), last=Max("recipient"))
        number = sent.values("recipient").distinct().count()
        if (number, sent.count(), found) != (count, count, {"first": 1, "last": count}):
            raise DifferentError(f"{who}: {number} recipients, {found}, not {count}")
        contender.delete_newer(last[who])
        database.vacuum(*contender.TABLES)

    acts = {who: each.Notifier(actor, recipients).send for who, each in CONTENDERS.items()}
    name, title = f"notify-send-{count}", f"send, and notify {count:,} recipients"
    return [Case(name, title, acts, after=after, warm_ups=1, notes=[*NOTES])]


def mark(user: User, many: int) -> Iterable[Case]:
    acts = {who: partial(each.mark_all, user) for who, each in CONTENDERS.items()}
    after = partial(unmark, user, many)
    title = f"mark {many:,} as read"
    return [Case("notify-mark", title, acts, after=after, warm_ups=1, notes=[*NOTES])]


def unmark(user: User, many: int, who: str) -> None:
    """See that all are read, and take it back."""
    contender = CONTENDERS[who]
    if left := contender.count(user):
        raise DifferentError(f"{who}: {left} are still unread")
    contender.unmark_all(user)
    if contender.count(user) != many:
        raise DifferentError(f"{who}: they are not unread again")
    database.vacuum(*contender.TABLES)


def growth(user: User, many: int) -> Iterable[Case]:
    """How much greater the tables are when all is marked, as a multiple."""
    figures = {}
    for who, contender in CONTENDERS.items():
        if any(database.bytes_of(table) is None for table in contender.TABLES):  # it compacts them
            return
        before = _bytes_of(contender.TABLES)
        contender.mark_all(user)
        figures[who] = _bytes_of(contender.TABLES) / before
        unmark(user, many, who)
    title = f"size of the tables after marking {many:,} / before"
    yield Case("notify-growth", title, unit=TIMES, figures=figures, notes=[*NOTES])


def _bytes_of(tables: Iterable[str]) -> int:
    return sum(sum(database.bytes_of(each, compacted=False) or ()) for each in tables)
