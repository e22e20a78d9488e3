"""Timelines in Redis: in a cluster, and in a server that forgets or dies."""

import pytest

from follow.utils import follow, unfollow
from stream.jobs import running as jobs
from stream.streams import user_stream
from stream.timelines import get_timeline
from stream.timelines.stores import redis_server, redis_store
from stream.utils import action
from tests.scale.feeds import (
    PAGE,
    Sources,
    assert_as_joined,
    choose,
    joined_page,
    populate,
    undelivered,
    wait_for_jobs,
)

pytestmark = pytest.mark.django_db(transaction=True)

KEEP = 10


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    """Ask a server again at once that did not answer."""
    monkeypatch.setattr(redis_server, "PAUSE_SECONDS", 0)


def test_timelines_in_a_cluster(settings, cluster_url, redis_broker, start_worker):
    settings.STREAM_REDIS_URL, settings.STREAM_REDIS_CLUSTER = cluster_url, True
    choose(settings, "RedisTimeline", keep=KEEP)
    star, *fans = users = populate(settings, 20)
    start_worker()
    for number in range(15):
        action.send(star, f"sang {number}")
        action.send(fans[number], "clapped")
    for fan in fans[:5]:
        follow(fan, fans[7])
        unfollow(fan, star)
    follow(fans[0], star)
    wait_for_jobs()
    client = redis_server.client()
    lengths = {client.zcard(redis_server.key_of(fan.pk)) for fan in fans}
    assert max(lengths) <= KEEP + KEEP // redis_store.SLACK + 2, "not trimmed"
    assert_as_joined(users, sources={"stored", "join"})  # older pages are joined

    client.flushall(target_nodes=client.PRIMARIES)
    for each in users:
        get_timeline().page(user_stream(each))  # has it built again
    wait_for_jobs()
    assert_as_joined(users, sources={"stored", "join"})


def test_a_store_that_dies_and_comes_back_empty(
    settings, redis_server, redis_broker, start_worker, caplog
):
    settings.STREAM_REDIS_URL = redis_server.url
    choose(settings, "RedisTimeline")
    star, *fans = users = populate(settings, 5)
    redis_server.kill()
    worker = start_worker("--beat")
    action.send(star, "sang on")
    Sources.pages.clear()
    for fan in fans:
        stored = list(get_timeline().page(user_stream(fan), PAGE))
        assert stored == list(joined_page(fan, PAGE, None))
    assert set(Sources.pages) == {"join"}
    assert "Redis does not answer" in caplog.text

    redis_server.start()
    for fan in users:
        get_timeline().page(user_stream(fan))  # finds it gone, and has it built again
    wait_for_jobs(worker)
    assert_as_joined(users)


def test_what_comes_back_into_a_feed_while_it_is_purged(settings, redis_server, monkeypatch):
    settings.STREAM_REDIS_URL = redis_server.url
    choose(settings, "RedisTimeline")
    star, fan = users = populate(settings, 1)
    find = redis_store._of_feed
    meanwhile = []

    def find_before_it_comes_back(*arguments):
        found = find(*arguments)
        while meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(redis_store, "_of_feed", find_before_it_comes_back)
    with undelivered(settings):
        sung = action.send(star, "sang again")
        follow(fan, fan)
        jobs.run_all()
        sung.public = False
        sung.save()
        unfollow(fan, fan)  # purges the timeline

        def publish():
            sung.public = True
            sung.save()
            jobs.run_all()  # the purge is under way and stays so, the fan-out is done

        meanwhile.append(publish)
        jobs.run_all()
    assert not meanwhile
    assert_as_joined(users)
