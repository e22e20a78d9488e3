"""Delivering, marking and deleting at once: nobody fails, and the counts are right."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from stream.models import Action
from stream.notifications import NotificationFeed, notify, notify_many
from stream.notifications.models import Notification
from stream.utils import action
from tests.actions.test_concurrency import run_together
from tests.early.models import Band
from tests.support.notifications import check_counts, users

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    finally:
        connection.close()


@contextmanager
def meanwhile():
    """Run a transaction; ``start`` calls others in threads, which may have to wait for its end."""
    with ThreadPoolExecutor(2) as pool:
        started = []

        def start(function, *arguments, waits=True, **options):
            future = pool.submit(in_thread, function, *arguments, **options)
            started.append(future)
            if waits:
                wait_until_blocked(1)
            else:
                future.result(timeout=30)
            return future

        with transaction.atomic():
            yield start
        for each in started:
            each.result(timeout=30)


def wait_until_blocked(count):
    """Wait until so many transactions wait for a lock, as the database tells."""
    sql = (
        "SELECT COUNT(DISTINCT waits.pid) FROM pg_locks waits JOIN pg_locks holds USING (pid) "
        "JOIN pg_database ON pg_database.oid = holds.database "
        "WHERE NOT waits.granted AND datname = current_database()"
        if connection.vendor == "postgresql"
        else "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS "
        "WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'"
    )
    until = monotonic() + 30
    with connection.cursor() as cursor:
        while monotonic() < until:
            cursor.execute(sql)
            if int(cursor.fetchone()[0]) >= count:
                return
    raise AssertionError(f"{count} transactions never waited")


def read(user):
    """Return the verbs of what a user has read."""
    rows = Notification.objects.filter(recipient=user).read()
    return sorted(rows.values_list("action__verb", flat=True))


# A transaction that began earlier and ends later


@pytest.mark.parametrize("mark", ["mark_read_all", "mark_seen_all"])
@pytest.mark.parametrize("atomic", [False, True])
def test_what_is_delivered_while_all_are_marked_is_not_marked(lennon, hendrix, mark, atomic):
    early, late = (action.send(lennon, verb) for verb in ("early", "late"))

    def mark_all():
        if atomic:
            with transaction.atomic():
                getattr(NotificationFeed(hendrix), mark)()
        else:
            getattr(NotificationFeed(hendrix), mark)()

    with meanwhile() as start:
        notify(hendrix, early)  # has the lower key
        start(notify, hendrix, late, waits=False)
        start(mark_all, waits=False)
    feed = NotificationFeed(hendrix)
    assert [each.action.verb for each in NotificationFeed(hendrix, unseen=True)] == ["early"]
    assert (feed.unread_count, feed.unseen_count) == (1 if "read" in mark else 2, 1)
    getattr(feed, mark)()
    assert feed.unseen_count == 0
    check_counts()


@pytest.mark.parametrize("atomic", [False, True])
def test_who_marks_all_keeps_no_delivery_waiting(lennon, hendrix, atomic):
    first, second = (action.send(lennon, verb) for verb in ("first", "second"))
    notify(hendrix, first)
    with meanwhile() as start:
        NotificationFeed(hendrix).mark_read_all()
        start(notify, hendrix, second, waits=False)
    assert read(hendrix) == ["first"]
    check_counts()


# Who is deleted in the middle of a delivery


@pytest.mark.parametrize(
    "delete",
    [
        lambda band: band.delete(),
        lambda band: Action.objects.get().delete(),
        lambda band: Action.objects.filter(verb="liked").delete(),
        lambda band: User.objects.get(username="hendrix").delete(),
        lambda band: User.objects.filter(username="ringo").delete(),
        lambda band: raw("DELETE FROM stream_action"),
        lambda band: raw("DELETE FROM auth_user WHERE username = 'ringo'"),
    ],
)
def test_who_deletes_waits_for_deliveries_and_does_not_fail(lennon, hendrix, delete):
    band = Band.objects.create(name="Cream")
    liked = action.send(lennon, "liked", band)
    [ringo] = users("ringo")
    with meanwhile() as start:
        assert notify([hendrix, ringo], liked) == 2
        start(delete, band)
    assert Notification.objects.count() < 2
    assert not Notification.objects.exclude(action__in=Action.objects.all()).exists()
    check_counts()


def raw(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_who_is_deleted_at_this_moment_is_passed_over(lennon, hendrix):
    sent = [action.send(lennon, verb) for verb in ("liked", "saw")]
    [ringo] = users("ringo")
    with meanwhile() as start:
        User.objects.get(pk=ringo.pk).delete()
        one = start(notify, [hendrix, ringo], sent[0])
        many = start(notify_many, [([hendrix, ringo], each) for each in sent])
    assert one.result() + many.result() == 2
    assert set(Notification.objects.values_list("recipient", flat=True)) == {hendrix.pk}
    check_counts()


def test_an_action_that_is_deleted_at_this_moment_is_not_delivered(lennon, hendrix):
    gone, kept = (action.send(lennon, verb) for verb in ("gone", "kept"))
    with meanwhile() as start:
        Action.objects.get(pk=gone.pk).delete()
        one = start(notify, hendrix, gone)
        many = start(notify_many, [(hendrix, gone), (hendrix, kept)])
    assert (one.result(), many.result()) == (0, 1)


def test_what_two_deliver_at_once_is_delivered_and_told_of_once(lennon, hendrix):
    first, second = (action.send(lennon, verb) for verb in ("first", "second"))
    [ringo] = users("ringo")
    with meanwhile() as start:
        assert notify(hendrix, first) == 1
        one = start(notify, [hendrix, ringo], first)
        many = start(notify_many, [(hendrix, first), (hendrix, second)])
    assert (one.result(), many.result()) == (1, 1)
    check_counts()


# Marks and deletions, which lock the same rows


def test_marks_wait_for_nobody_who_deletes(lennon, hendrix):
    actions = [action.send(lennon, "liked") for _ in range(3)]
    for each in actions[::-1]:
        notify(hendrix, each)
    keys = list(Notification.objects.values_list("pk", flat=True))
    with meanwhile() as start:
        Action.objects.get(pk=actions[1].pk).delete()
        marked = start(NotificationFeed(hendrix).mark_read, *keys, waits=False)
        start(NotificationFeed(hendrix).mark_seen_all, waits=False)
    assert marked.result() == 2
    check_counts()


def test_who_deletes_waits_for_marks(lennon, hendrix):
    liked = action.send(lennon, "liked")
    notify(hendrix, liked)
    with meanwhile() as start:
        assert NotificationFeed(hendrix).mark_read(Notification.objects.get()) == 1
        start(Action.objects.get().delete)
    assert not Notification.objects.exists()


def test_marks_lock_no_actions(lennon, hendrix):
    liked = action.send(lennon, "liked")
    notify(hendrix, liked)
    with meanwhile() as start:
        assert NotificationFeed(hendrix).mark_read(Notification.objects.get()) == 1
        start(Action.objects.filter(pk=liked.pk).update, public=False, waits=False)


@pytest.mark.parametrize("mark", ["mark_read_all", "mark_seen"])
def test_who_is_deleted_has_nothing_marked(lennon, hendrix, mark):
    notify(hendrix, action.send(lennon, "liked"))
    keys = [Notification.objects.get().pk] if mark == "mark_seen" else []
    with meanwhile() as start:
        User.objects.get(pk=hendrix.pk).delete()
        marked = start(getattr(NotificationFeed(hendrix), mark), *keys)
    assert not marked.result()
    check_counts()


def is_free(row):
    """Tell whether nobody has locked a row."""
    rows = type(row)._base_manager.filter(pk=row.pk).values_list("pk")
    return bool(rows.select_for_update(skip_locked=True))


def test_actions_are_deleted_in_the_order_of_their_keys(lennon):
    """Whoever waits for one has locked none that comes later."""
    low, high = (action.send(lennon, verb) for verb in ("low", "high"))
    Action.objects.filter(pk=low.pk).update(public=False)  # which puts it behind the other
    with meanwhile() as start:
        Action.objects.get(pk=low.pk).delete()
        start(Action.objects.filter(verb__in=["high", "low"]).delete)
        assert is_free(high)
    assert not Action.objects.exists()


@pytest.mark.parametrize("gone", ["action", "user"])
def test_who_deletes_notifications_waits_with_none_locked(lennon, hendrix, gone):
    liked, saw = (action.send(lennon, verb) for verb in ("liked", "saw"))
    [ringo] = users("ringo")
    notify(hendrix, liked)
    notify([hendrix, ringo], saw)
    with meanwhile() as start:
        assert (saw if gone == "action" else ringo).delete()
        start(Notification.objects.all().delete)
        left = list(Notification.objects.all())
        assert left
        assert all(is_free(row) for row in left)
    assert not Notification.objects.exists()


@pytest.mark.parametrize("what", [Notification, Action])
def test_who_deletes_some_waits_for_nobody_who_has_locked_others(lennon, hendrix, what):
    """MariaDB would read the whole of a small table."""
    for _ in range(30):
        notify(hendrix, action.send(lennon, "liked"))
    keys = list(what.objects.order_by("pk").values_list("pk", flat=True))
    with meanwhile() as start:
        assert what.objects.select_for_update().get(pk=keys[10])
        start(what.objects.filter(pk__in=keys[::2][:5] + keys[11:]).delete, waits=False)
    assert what.objects.count() == 6


def test_in_a_transaction_all_are_locked_before_any_is_deleted(lennon, hendrix, monkeypatch):
    monkeypatch.setattr("stream.notifications.query.KEYS_PER_STATEMENT", 2)
    for _ in range(5):
        notify(hendrix, action.send(lennon, "liked"))
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        assert Notification.objects.all().delete()[0] == 5
    sql = [each["sql"] for each in queries]
    first = next(n for n, each in enumerate(sql) if "DELETE" in each)
    assert sum("DELETE" in each for each in sql[first:]) == 3
    assert not any(
        "FOR " in each or "IN SHARE MODE" in each for each in sql[first + 1 :] if "SELECT" in each
    )


def test_a_delivery_that_waits_keeps_no_other_waiting(lennon, hendrix):
    """MariaDB would give no keys to another until an INSERT … SELECT has ended."""
    first, second = (action.send(lennon, verb) for verb in ("first", "second"))
    with meanwhile() as start:
        notify(hendrix, first)
        start(notify, [hendrix, lennon], first, to_self=True)
        assert notify(hendrix, second) == 1
    check_counts()


def test_a_mark_of_the_same_user_is_not_lost(lennon, hendrix):
    notify(hendrix, action.send(lennon, "liked"))
    row = Notification.objects.get()
    with meanwhile() as start:
        assert NotificationFeed(hendrix).mark_seen(row) == 1
        start(NotificationFeed(hendrix).mark_read, row)
    assert read(hendrix) == ["liked"]


def test_a_group_that_goes_while_it_is_read_is_left_out(lennon, hendrix):
    for verb in ("liked", "saw"):
        notify(hendrix, action.send(lennon, verb, hendrix))

    def delete_before_counting(execute, sql, params, many, context):
        if "COUNT(" in sql:
            NotificationFeed(hendrix).delete(*Notification.objects.filter(action__verb="saw"))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(delete_before_counting):
        groups = NotificationFeed(hendrix).groups()
    assert [str(group) for group in groups] == ["lennon liked hendrix"]


# Eight at once


@pytest.mark.parametrize("round_number", range(2))
def test_the_same_action_at_once_is_delivered_once(lennon, hendrix, round_number):
    liked = action.send(lennon, "liked", hendrix)
    users("ringo", "bob")
    assert sum(run_together(lambda _: notify(User.objects.all(), liked))) == 3
    check_counts()


def test_many_actions_at_once_to_the_same_recipients(lennon, hendrix):
    """In transactions of several deliveries each, in orders of their own."""
    actions = [action.send(lennon, "liked", hendrix) for _ in range(16)]
    people = [hendrix, *users(*(f"user {number}" for number in range(20)))]

    def deliver(number):
        with transaction.atomic():
            halves = [people[:12], people[8:]]
            for some in halves if number % 2 else halves[::-1]:
                notify(some[::-1], actions[number])
                notify(some, actions[number + 8])
            NotificationFeed(people[number]).mark_read_all()

    run_together(deliver)
    assert Notification.objects.count() == 16 * 21
    check_counts()


@pytest.mark.parametrize("round_number", range(4))
def test_an_action_that_is_deleted_while_it_is_delivered(lennon, hendrix, round_number):
    people = users(*(f"user {number}" for number in range(20)))
    liked, kept = action.send(lennon, "liked", hendrix), action.send(lennon, "saw", hendrix)
    notify(people[:10], liked)

    def act(number):
        if number == 3:
            return Action.objects.get(pk=liked.pk).delete()
        some = people[number : number + 12]
        return notify_many([(some, liked), (some, kept)]) if number % 2 else notify(some, liked)

    run_together(act)
    check_counts()
    assert set(Notification.objects.values_list("action", flat=True)) == {kept.pk}


def test_notifications_that_are_deleted_while_more_come(lennon, hendrix):
    sent = [action.send(lennon, "liked", hendrix) for _ in range(17)]
    notify(hendrix, sent[0])
    NotificationFeed(hendrix).mark_read_all()

    def act(number):
        if number % 2:
            return Notification.objects.filter(recipient=hendrix).delete()
        return [notify(hendrix, each) for each in sent[1 + number : 3 + number]]

    run_together(act)
    check_counts()


def test_delivering_marking_and_deleting_at_once(lennon, hendrix):
    actions = [action.send(lennon, "liked", hendrix) for _ in range(16)]
    for each in actions[:8]:
        notify(hendrix, each)
    keys = list(Notification.objects.order_by("pk").values_list("pk", flat=True))

    def act(number):
        feed = NotificationFeed(hendrix)
        if number % 4 == 0:
            notify([hendrix], actions[8 + number])
        elif number % 4 == 1:
            feed.mark_read(*keys)
        elif number % 4 == 2:
            Action.objects.filter(pk=actions[number].pk).delete()
        else:
            feed.mark_seen_all()
            feed.delete(keys[number])

    run_together(act)
    check_counts()


def test_what_others_have_locked_stays_read_where_another_is_unread_again(lennon, hendrix):
    sent = [action.send(lennon, f"sang {number}") for number in range(5)]
    for each in sent:
        notify(hendrix, each)
    feed = NotificationFeed(hendrix)
    feed.mark_read_all()
    keys = sorted(Notification.objects.values_list("pk", flat=True))
    with meanwhile() as start:
        list(Notification.objects.filter(pk=keys[3]).select_for_update())
        start(feed.mark_unread, keys[1])
    assert read(hendrix) == ["sang 0", "sang 2", "sang 3", "sang 4"]
    check_counts()
