"""What people do with their notifications, at random; loads Django, with the soak's settings."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction

django.setup()

from django.contrib.auth.models import User  # noqa: E402

from benchmarks.app.models import Repository  # noqa: E402
from stream.models import Action  # noqa: E402
from stream.notifications import NotificationFeed, notify, notify_many  # noqa: E402
from stream.notifications.models import Notification  # noqa: E402
from stream.notifications.signals import delivered  # noqa: E402
from stream.utils import action  # noqa: E402

ACTORS, READERS, OBJECTS = 5, 40, 30  # of which actors stay, and the oldest objects are deleted
ATOMIC = 0.4  # of the calls are in a transaction, as by ATOMIC_REQUESTS, a quarter of them in twos
FOREIGN = {"delete_object", "delete_user", "delete_by_sql", "delete_actions_by_sql"}
FOREIGN_KEY = "foreign key constraint"  # of a row that came after the transaction's snapshot
SERIALIZATION = ("could not serialize", "record has changed")


class Site:
    """What people do, at random; notes what failed, and what was there when it was marked."""

    def __init__(self, seed: int, own: bool) -> None:
        self.own = own
        self.is_repeatable = bool(settings.OPTIONS["isolation"])
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.begun_again: Counter[str] = Counter()
        self.marked: set[int] = set()
        self.operations: list[tuple[int, Callable[[], object]]] = [
            (30, self.send),
            (15, self.deliver_again),
            (8, self.deliver_many),
            (10, self.mark_some),
            (10, self.mark_group),
            (12, self.mark_all),
            (6, self.delete_some),
            (3, self.delete_group),
            (2, self.hide_actions),
            (2, self.delete_by_queryset),
            (1, self.delete_by_sql),
            (4, self.delete_action),
            (1, self.delete_actions_by_sql),
            (1, self.delete_object),
            (1, self.delete_user),
            (6, self.read_groups),
        ]
        if own:
            self.operations = [each for each in self.operations if each[1].__name__ not in FOREIGN]

    def run(self, count: int) -> None:
        weights, acts = zip(*self.operations, strict=True)
        for _ in range(count):
            is_atomic = self.random.random() < ATOMIC
            is_double = is_atomic and not self.own and self.random.random() < 0.25
            together = 2 if is_double else 1
            self.attempt(self.random.choices(acts, weights, k=together), is_atomic)

    def attempt(self, acts: list[Callable[[], object]], is_atomic: bool) -> None:
        names = [act.__name__ for act in acts]
        try:
            if is_atomic:
                with transaction.atomic():
                    for act in acts:
                        act()
            else:
                acts[0]()
        except DatabaseError as error:
            kind = kind_of(error)
            is_met = not self.own and (is_atomic or not FOREIGN.isdisjoint(names))
            is_late = kind in SERIALIZATION or (kind == FOREIGN_KEY and self.is_repeatable)
            may_fail = is_met or (is_atomic and is_late)
            failed = self.begun_again if may_fail else self.failed
            failed[f"{kind}: {' and '.join(names)}{' in a transaction' * is_atomic}"] += 1
        self.done.update(names)

    # Who and what

    def readers(self, count: int) -> list[Any]:
        keys = list(User.objects.filter(is_staff=False).values_list("pk", flat=True))
        return [User(pk=key) for key in self.random.sample(keys, min(count, len(keys)))]

    def feed(self) -> Any:
        return NotificationFeed(self.readers(1)[0])

    def actions(self, count: int) -> list[Any]:
        newest = list(Action.objects.order_by("-pk")[:60])
        return self.random.sample(newest, min(count, len(newest)))

    def some_of(self, feed: Any) -> list[int]:
        keys = list(feed.notifications.values_list("pk", flat=True)[:50])
        return self.random.sample(keys, min(len(keys), 5))

    # What they do

    def send(self) -> None:
        actor = self.random.choice(User.objects.filter(is_staff=True))
        objects: Any = Repository._default_manager
        target = self.random.choice(objects.order_by("-pk")[: OBJECTS // 3])
        sent = action.send(actor, self.random.choice(["pushed", "liked"]), target)
        notify(self.readers(10), sent)

    def deliver_again(self) -> None:
        for each in sorted(self.actions(2), key=lambda each: each.pk):
            notify(self.readers(10), each)

    def deliver_many(self) -> None:
        notify_many([(self.readers(5), each) for each in self.actions(5)])

    def mark_some(self) -> None:
        feed = self.feed()
        keys = self.some_of(feed)
        if keys:
            self.random.choice([feed.mark_read, feed.mark_seen])(*keys)
            self.marked |= set(keys)

    def mark_group(self) -> None:
        feed = self.feed()
        if row := feed.notifications.first():
            feed.mark_read(group=row.group)
            rows = feed.notifications.filter(group=row.group)
            self.marked |= set(rows.values_list("pk", flat=True))

    def mark_all(self) -> None:
        feed = self.feed()
        self.random.choice([feed.mark_read_all, feed.mark_seen_all])()
        self.marked |= set(feed.notifications.values_list("pk", flat=True))

    def delete_some(self) -> None:
        feed = self.feed()
        if keys := self.some_of(feed):
            feed.delete(*keys)

    def delete_group(self) -> None:
        feed = self.feed()
        if row := feed.notifications.first():
            feed.delete(group=row.group)

    def hide_actions(self) -> None:
        for key in sorted(each.pk for each in self.actions(3)):  # an UPDATE of all has no order
            Action.objects.filter(pk=key).update(public=False)

    def delete_by_queryset(self) -> None:
        Notification.objects.filter(action__public=False).delete()

    def delete_by_sql(self) -> None:
        for each in self.readers(1):
            self.forget_reminders(recipient=each.pk)
            run_sql(
                "DELETE FROM stream_notifications_notification WHERE recipient_id = %s", each.pk
            )

    def delete_action(self) -> None:
        keys = [each.pk for each in self.actions(3)]
        if self.random.random() < 0.5:
            Action.objects.filter(pk__in=keys).delete()
        else:
            for each in Action.objects.filter(pk__in=keys[:1]):
                each.delete()

    def delete_actions_by_sql(self) -> None:
        for each in self.actions(1):
            self.forget_reminders(action=each.pk)
            run_sql("DELETE FROM stream_action WHERE id = %s", each.pk)

    def delete_object(self) -> None:
        objects: Any = Repository._default_manager
        if objects.count() > OBJECTS // 2 and (oldest := objects.order_by("pk").first()):
            oldest.delete()
        objects.create(name="new")

    def delete_user(self) -> None:
        for each in self.readers(1):
            each.delete()
        User.objects.create(username=f"new {self.random.random()}")

    def read_groups(self) -> None:
        for group in self.feed().groups(10):
            str(group)

    def forget_reminders(self, **of: Any) -> None:
        if apps.is_installed("benchmarks.soak.reminders"):
            reminders: Any = apps.get_model("reminders", "Reminder")
            reminders.objects.filter(**{f"notification__{k}": v for k, v in of.items()}).delete()


def run_sql(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def kind_of(error: BaseException) -> str:
    text = f"{error} {error.__cause__}".lower()
    for kind in ("deadlock", *SERIALIZATION, FOREIGN_KEY, "locked"):
        if kind in text:
            return kind
    return f"{type(error).__name__} {error}"[:150].replace("\n", " ")


def populate() -> None:
    """Make the people and objects."""
    people = [User(username=f"user{n}", is_staff=n < ACTORS) for n in range(ACTORS + READERS)]
    User.objects.bulk_create(people)
    Repository._default_manager.bulk_create(Repository(name=f"{n}") for n in range(OBJECTS))
    connection.close()


def work(seed: int, count: int, own: bool) -> tuple[list[Counter[str]], set[int]]:
    logging.disable()  # a handler may find that what it was told of has gone
    if apps.is_installed("benchmarks.soak.reminders"):
        delivered.connect(remind)
    site = Site(seed, own)
    site.run(count)
    return [site.done, site.failed, site.begun_again], site.marked


def remind(notifications: Any, **kwargs: Any) -> None:
    """Let the site point to some notifications, as they are delivered."""
    model: Any = apps.get_model("reminders", "Reminder")
    keys = notifications.values_list("pk", flat=True)[:2]
    model.objects.bulk_create(model(notification_id=key) for key in keys)


def faults(marked: set[int]) -> list[str]:
    """Tell which counts are not those of the rows, and what was read that nobody has marked."""
    found = []
    for user in User.objects.all():
        rows = list(Notification.objects.filter(recipient=user))
        feed = NotificationFeed(user)
        for row in rows:
            row.inbox = feed.inbox
        counts = {
            "unread": (feed.unread_count, sum(not row.is_read for row in rows)),
            "unseen": (feed.unseen_count, sum(not row.is_seen for row in rows)),
        }
        found += [f"{user}: {kind} {each}" for kind, each in counts.items() if each[0] != each[1]]
        found += [
            f"{user}: {row.pk} was never marked"
            for row in rows
            if row.is_seen and row.pk not in marked
        ]
    return found
