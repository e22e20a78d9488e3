"""Brokers that are killed, or down when a task is to be sent: the table of jobs knows them all."""

import time

import pytest

from stream.timelines.models import Job
from stream.utils import action
from tests.scale.feeds import (
    assert_as_joined,
    choose,
    held_in_the_middle,
    populate,
    wait_for_jobs,
)

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "celery"  # the usual one


@pytest.fixture
def table(settings):
    choose(settings, "TableTimeline")


def test_redis_forgets_its_tasks(table, settings, redis_broker, start_worker):
    star, *_ = users = populate(settings, 5)
    for number in range(4):
        action.send(star, f"sang {number}")
    with redis_broker.client() as client:
        assert client.llen(QUEUE) == 4
    redis_broker.kill()
    redis_broker.start()
    with redis_broker.client() as client:
        assert client.llen(QUEUE) == 0
    assert Job.objects.count() == 4
    start_worker("--beat")
    wait_for_jobs()
    assert_as_joined(users)


@pytest.mark.parametrize("broker", ["redis_broker", "rabbitmq"])
def test_the_broker_is_killed_in_the_middle_of_a_job(
    table, settings, request, broker, start_worker
):
    server = request.getfixturevalue(broker)
    star, *_ = users = populate(settings, 40)
    worker = start_worker("--beat")
    action.send(star, "fell")
    with held_in_the_middle():
        server.kill()
    server.start()
    action.send(star, "rose")
    wait_for_jobs(worker)  # Celery's worker may end when Redis dies while it has a task
    assert_as_joined(users)


@pytest.mark.parametrize("broker", ["redis_broker", "rabbitmq"])
def test_sending_while_the_broker_is_down(table, settings, request, broker, start_worker, caplog):
    server = request.getfixturevalue(broker)
    star, *_ = users = populate(settings, 5)
    action.send(star, "sang")  # connects
    server.kill()
    begin = time.monotonic()
    for number in range(5):
        action.send(star, f"sang on {number}")
    assert time.monotonic() - begin < 2, "a request waits for a broker that is down"
    assert [record.levelname for record in caplog.records].count("ERROR") == 5
    assert Job.objects.count() == 6
    server.start()
    action.send(star, "sang at last")
    start_worker("--beat")
    wait_for_jobs()
    assert_as_joined(users)
