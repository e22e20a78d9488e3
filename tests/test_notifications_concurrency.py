"""Concurrent delivery, marking and deleting over real connections keep the counters exact."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from stream.models import Action
from stream.notifications import NotificationFeed, notify, notify_many
from stream.notifications.models import Inbox, Notification
from stream.utils import action
from tests.notifications import check_counters, users
from tests.test_concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("round_number", range(2))
def test_the_same_action_at_once_is_delivered_once(lennon, hendrix, round_number):
    liked = action.send(lennon, "liked", hendrix)
    users("ringo", "bob")
    assert sum(run_together(lambda _: notify(User.objects.all(), liked))) == 3
    check_counters()


def test_many_actions_at_once_to_the_same_recipients(lennon, hendrix):
    actions = [action.send(lennon, "liked", hendrix) for _ in range(8)]
    people = [hendrix, *users(*(f"user {number}" for number in range(20)))]

    def deliver(number):
        with transaction.atomic():
            return notify(people if number % 2 else people[::-1], actions[number])

    assert run_together(deliver) == [21] * 8
    check_counters()
    assert Notification.objects.filter(recipient=hendrix, number=8).exists()


def test_two_deliver_to_who_just_got_an_inbox(lennon, hendrix):
    """Both wait for the one that adds the inbox, and then for each other, but in no circle."""
    actions = [action.send(lennon, "liked", hendrix) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Inbox.objects.create(user=hendrix)
            both = [pool.submit(in_thread, notify, hendrix, each) for each in actions]
            wait_until_blocked(2)
        assert [each.result(timeout=30) for each in both] == [1, 1]
    check_counters()


def in_thread(function, *arguments):
    try:
        return function(*arguments)
    finally:
        connection.close()


def wait_until_blocked(count):
    """Wait until so many transactions wait for a lock, as the database tells."""
    sql = (
        "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"
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
    check_counters()
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
    check_counters()


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
    check_counters()
