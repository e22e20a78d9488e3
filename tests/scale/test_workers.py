"""Workers that are killed, tasks that come twice or in any order: nothing is lost or doubled."""

import random

import pytest

from follow.utils import follow, unfollow
from stream import tasks
from stream.timelines.models import Job
from stream.utils import action
from tests.scale.feeds import (
    assert_as_joined,
    choose,
    held_in_the_middle,
    populate,
    undelivered,
    wait_for_jobs,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["TableTimeline", "RedisTimeline"])
def timeline(request, settings):
    if request.param == "RedisTimeline":
        settings.STREAM_REDIS_URL = request.getfixturevalue("redis_server").url
    choose(settings, request.param)


def test_another_worker_ends_what_a_killed_one_began(
    timeline, settings, redis_broker, start_worker
):
    star, *_ = users = populate(settings, 40)
    worker = start_worker()
    action.send(star, "fell")
    with held_in_the_middle():
        worker.kill()
    assert Job.objects.count() == 1
    start_worker("--beat")
    wait_for_jobs()
    assert_as_joined(users)


def test_rabbitmq_gives_another_worker_the_task_of_a_killed_one(settings, rabbitmq, start_worker):
    choose(settings, "TableTimeline")
    settings.STREAM_JOBS = {**settings.STREAM_JOBS, "retry_after": 3600}
    star, *_ = users = populate(settings, 40)
    worker = start_worker()
    action.send(star, "fell")
    with held_in_the_middle():
        worker.kill()
    start_worker()
    wait_for_jobs()
    assert_as_joined(users)


def test_tasks_sent_many_times_to_two_workers(timeline, settings, redis_broker, start_worker):
    star, *fans = users = populate(settings, 20)
    with undelivered(settings):
        change_everything(star, fans)
        for _ in range(5):
            action.send(star, "sang again")
    copies = [key for key in Job.objects.values_list("pk", flat=True) for _ in range(4)]
    random.Random(1).shuffle(copies)
    start_worker()
    start_worker()
    for key in copies:
        tasks.run_job.delay(Job._meta.label, key, "default")
    wait_for_jobs()
    assert_as_joined(users)


@pytest.mark.parametrize("order", ["backwards", "shuffled"])
def test_tasks_out_of_order(timeline, settings, redis_broker, start_worker, order):
    star, *fans = users = populate(settings, 10)
    with undelivered(settings):
        change_everything(star, fans)
    keys = list(Job.objects.order_by("-pk").values_list("pk", flat=True))
    if order == "shuffled":
        random.Random(2).shuffle(keys)
    start_worker("--pool", "solo")
    for key in keys:
        tasks.run_job.delay(Job._meta.label, key, "default")
    wait_for_jobs()
    assert_as_joined(users)


def change_everything(star, fans):
    """Do what overtakes itself where jobs are run in another order."""
    first, second, third, *_ = fans
    sent = [action.send(actor, "sang") for actor in (star, first, second, third)]
    follow(second, first)  # its copy-in may come before the fan-out of what first did
    unfollow(first, star)  # and before it the fan-out of what star did
    follow(first, third)
    unfollow(first, third)
    follow(first, third)
    follow(third, first)
    unfollow(third, first)
    sent[0].delete()  # before its fan-out
    sent[1].public = False
    sent[1].save()
    sent[2].datetime = sent[3].datetime
    sent[2].save()
    action.send(star, "bowed")
    assert Job.objects.count() > 10
