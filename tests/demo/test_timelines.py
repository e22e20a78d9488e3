"""The page that compares the timelines: with a table alone, and with Redis."""

import os
import uuid

import pytest
import redis

from stream.timelines.models import Entry
from stream.utils import action
from test_project.dashboard import timelines

pytestmark = pytest.mark.django_db(transaction=True)

URL = "redis://127.0.0.1:6379/0"


@pytest.fixture(autouse=True)
def no_redis(settings):
    settings.STREAM_REDIS_URL = None


@pytest.fixture
def with_redis(settings):
    try:
        server = redis.Redis.from_url(URL)
        server.ping()
    except redis.ConnectionError:
        if os.environ.get("STREAM_REQUIRE_ALL") == "1":
            pytest.fail(f"STREAM_REQUIRE_ALL=1, but no Redis answers at {URL}")
        pytest.skip(f"no Redis answers at {URL}")
    settings.STREAM_REDIS_URL = URL
    settings.STREAM_REDIS_PREFIX = prefix = f"demo-{uuid.uuid4().hex}:"
    yield
    for key in server.scan_iter(f"{prefix}*"):
        server.delete(key)


@pytest.fixture
def reader(client, heard):
    client.force_login(heard)
    return heard


def page(client, **kwargs):
    response = client.get("/developers/timelines/", **kwargs)
    assert response.status_code == 200
    return response


def test_without_servers_the_join_and_the_table_are_compared(client, reader):
    join, table, redis = page(client).context["results"]
    assert join.ms > 0
    assert join.queries > 0
    assert len(join.page) == 25
    assert (table.problem, redis.problem[:31]) == ("", "Not reachable: set STREAM_REDIS")
    assert Entry.objects.count() == 44  # the first visit stores it

    assert client.post("/developers/timelines/").url == "/developers/timelines/"
    response = page(client)
    _, table, redis = response.context["results"]
    assert table.is_equal
    assert table.stored == Entry.objects.count() == 44
    assert "Table: 44 entries stored in" in response.content.decode()


def test_what_is_new_is_missing_until_the_timeline_is_rebuilt(client, reader, site):
    client.post("/developers/timelines/")
    action.send(site.commits.first().author, "committed", site, site.commits.first())
    table = page(client).context["results"][1]
    assert (table.is_equal, table.missing) == (False, 1)
    assert "1 missing" in page(client).content.decode()
    client.post("/developers/timelines/")
    assert page(client).context["results"][1].is_equal


def test_three_timelines_have_the_same_rows(client, reader, with_redis):
    client.post("/developers/timelines/")
    join, table, redis = page(client).context["results"]
    assert table.is_equal
    assert redis.is_equal
    assert table.stored == redis.stored == 44
    assert list(join.page) == list(table.page) == list(redis.page)


def test_redis_that_does_not_answer_is_told(client, reader, settings):
    settings.STREAM_REDIS_URL = "redis://127.0.0.1:1/0"
    client.post("/developers/timelines/")
    _, table, redis = page(client).context["results"]
    assert table.is_equal
    assert redis.problem == "Not reachable: no server answers at STREAM_REDIS_URL."


def test_missing_package_is_told(client, reader, settings, monkeypatch):
    settings.STREAM_REDIS_URL = "redis://127.0.0.1:6380/9"
    monkeypatch.setattr(timelines.redis_server, "redis", None)
    problem = page(client).context["results"][2].problem
    assert "pip install 'django-stream[redis]'" in problem


def test_empty_feed_says_what_to_do(client, demo_user):
    client.force_login(demo_user)
    assert "Your feed is empty" in page(client).content.decode()


def test_visitors_sign_in_first(client):
    assert client.get("/developers/timelines/").url == "/sign-in/?next=/developers/timelines/"
    assert client.post("/developers/timelines/").status_code == 302
