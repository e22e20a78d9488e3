"""Concurrent calls over real connections leave one row. Not on SQLite, which has one writer."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction

from follow import signals, utils
from follow.models import Follow
from stream.models import Action
from tests.support.projects import REPOSITORY

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def run_together(function):
    """Run ``function(number)`` in eight threads at once; return the results."""
    barrier = Barrier(THREADS)

    def run(number):
        try:
            barrier.wait(timeout=30)
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.parametrize("round_number", range(3))
def test_get_or_create_leaves_one_row(lennon, hendrix, round_number):
    results = run_together(lambda _: Action.objects.get_or_create(lennon, "met", hendrix))
    assert [is_new for _, is_new in results].count(True) == 1
    assert len({action.pk for action, _ in results}) == 1
    assert Action.objects.count() == 1


def test_get_or_create_inside_a_transaction_leaves_one_row(lennon):
    def get_or_create(_):
        with transaction.atomic():
            return Action.objects.get_or_create(lennon, "slept")

    assert [is_new for _, is_new in run_together(get_or_create)].count(True) == 1
    assert Action.objects.count() == 1


def test_get_or_create_does_not_hold_up_sending(lennon, hendrix):
    def act(number):
        if number % 2:
            return Action.objects.create(lennon, f"verb {number}")
        return Action.objects.get_or_create(lennon, "met", hendrix)[0]

    run_together(act)
    assert Action.objects.count() == THREADS // 2 + 1


@pytest.mark.parametrize("round_number", range(3))
def test_following_at_once_leaves_one_row(lennon, hendrix, round_number):
    results = run_together(lambda _: utils.follow(lennon, hendrix))
    assert {follow.pk for follow in results} == {Follow.objects.get().pk}


def test_unfollowing_at_once_tells_once(lennon, hendrix):
    utils.follow(lennon, hendrix)
    told = []

    def receive(**kwargs):
        told.append(kwargs["target"])

    signals.unfollowed.connect(receive)
    try:
        results = run_together(lambda _: utils.unfollow(lennon, hendrix))
    finally:
        signals.unfollowed.disconnect(receive)
    assert len([each for each in results if each]) == len(told) == 1
    assert not Follow.objects.exists()


def test_double_clicks_on_toggle_leave_one_row_at_most_and_no_error(lennon, hendrix):
    for _ in range(3):
        run_together(lambda _: utils.toggle(lennon, hendrix))
        assert Follow.objects.count() <= 1


def test_a_process_that_is_killed_before_it_writes_a_job_has_not_written_the_row():
    timeline = {
        "STREAM_TIMELINE": "stream.timelines.TableTimeline",
        "STREAM_JOBS": {"deliver": "command"},
    }
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.scale.settings",
        "SCALE_DATABASE": connection.settings_dict["NAME"],
        "SCALE_SETTINGS": json.dumps(timeline),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed"],
        cwd=REPOSITORY,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(done.stdout) == []


# At the level REPEATABLE READ, where a transaction sees the rows of when it began


def at_repeatable_read(function, is_set=False):
    """Run ``function(number)`` in eight threads at that level; return results and errors."""

    def run(number):
        level = "ISOLATION LEVEL REPEATABLE READ"
        transactions = "TRANSACTION"
        if connection.vendor == "postgresql":
            transactions = "CHARACTERISTICS AS TRANSACTION"
        if not is_set:
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION {transactions} {level}")
        try:
            return function(number)
        except OperationalError as error:
            return error

    found = run_together(run)
    errors = [each for each in found if isinstance(each, OperationalError)]
    return [each for each in found if each not in errors], errors


def test_calls_at_repeatable_read_leave_one_row_and_no_error(lennon, hendrix):
    for number in range(3):
        verb = f"met {number}"
        made, errors = at_repeatable_read(
            lambda _, verb=verb: Action.objects.get_or_create(lennon, verb, hendrix)
        )
        assert not errors
        assert [is_new for _, is_new in made].count(True) == 1
        assert Action.objects.filter(verb=verb).count() == 1
        follows, errors = at_repeatable_read(
            lambda _, verb=verb: utils.follow(lennon, hendrix, verb)
        )
        assert not errors
        assert len({each.pk for each in follows}) == 1


@pytest.mark.parametrize("call", ["get_or_create", "follow"])
def test_calls_inside_transactions_at_repeatable_read_leave_one_row(lennon, hendrix, call):
    began = Barrier(THREADS)

    def run(number):
        with transaction.atomic():
            assert not Action.objects.exists()
            assert not Follow.objects.exists()
            began.wait(timeout=30)
            if call == "follow":
                return utils.follow(lennon, hendrix).pk
            return Action.objects.get_or_create(lennon, "met", hendrix)[0].pk

    made, errors = at_repeatable_read(run)
    rows = Follow.objects if call == "follow" else Action.objects
    assert set(made) == {rows.get().pk}
    # PostgreSQL tells the others to begin anew.
    assert len(made) + len(errors) == THREADS


@pytest.mark.parametrize("is_in_settings", [False, True])
def test_a_call_inside_a_transaction_sees_what_a_call_outside_has_made(
    lennon, hendrix, monkeypatch, is_in_settings
):
    if is_in_settings:
        level = "repeatable read"
        if connection.vendor == "postgresql":
            level = connection.Database.IsolationLevel.REPEATABLE_READ
        options = connection.settings_dict["OPTIONS"] | {"isolation_level": level}
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    outside, inside = Barrier(2), Barrier(2)

    def run(number):
        if number > 1:
            return None
        if number == 0:
            outside.wait(timeout=30)
            made = Action.objects.get_or_create(lennon, "met", hendrix)
            inside.wait(timeout=30)
            return made
        with transaction.atomic():
            assert not Action.objects.exists()
            outside.wait(timeout=30)
            inside.wait(timeout=30)
            return Action.objects.get_or_create(lennon, "met", hendrix)

    at_repeatable_read(run, is_set=is_in_settings)
    assert Action.objects.count() == 1
