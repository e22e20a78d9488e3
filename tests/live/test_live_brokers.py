"""How processes tell each other: what is told, when, and what is missed by nobody."""

import asyncio
import uuid
from contextlib import suppress
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from follow.utils import follow
from stream import signals
from stream.live import asking, home
from stream.live.brokers import broker_name, get_broker, polling
from stream.live.brokers.polling import Watch, look
from stream.live.conf import options, redis_channel
from stream.live.hints import add, anything, read, write
from stream.live.hub import Hub, Listener
from stream.live.signing_in import Reader
from stream.models import Action
from stream.notifications import notify
from stream.notifications.models import Notification
from stream.notifications.signals import delivered
from stream.utils import action
from tests.conftest import REDIS
from tests.support.live import act, listening

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = ("notifications", {"unseen": 0, "new": 0})
SECONDS = 15
ON_POSTGRESQL = connection.vendor == "postgresql"  # which alone has LISTEN


@pytest.fixture
def use_redis(settings):
    import redis

    try:
        redis.Redis.from_url(REDIS).ping()
    except redis.ConnectionError as error:
        pytest.skip(f"no Redis at {REDIS}: {error}")
    settings.STREAM_REDIS_URL = REDIS
    settings.STREAM_REDIS_PREFIX = f"test-{uuid.uuid4().hex}:"
    settings.STREAM_LIVE = {"broker": "redis", "pause": 0}


@pytest.fixture
def use_postgresql(settings):
    settings.STREAM_LIVE = {"broker": "postgresql", "pause": 0}


@pytest.fixture(params=["polling", "redis", "postgresql"][: 2 + ON_POSTGRESQL])
def broker(request, quick):
    if request.param != "polling":
        request.getfixturevalue(f"use_{request.param}")
    return get_broker()


def collect(broker, scenario):
    """Listen, and run a scenario with a function that waits for what is heard next."""

    async def run(call, *arguments):
        return await act(call)(*arguments)

    async def listen():
        hints = broker.listen(run)

        async def heard():
            return await asyncio.wait_for(anext(hints), SECONDS)

        try:
            assert await heard() == anything()
            await scenario(heard)
        finally:
            await hints.aclose()

    async_to_sync(listen)()


def test_what_is_sent_and_delivered_is_told_by_its_keys(ann, bob, broker):
    async def scenario(heard):
        sent = await act(action.send)(ann, "waved")
        assert await heard() == {"actions": {str(sent.pk)}}
        await act(notify)(bob, sent)
        assert await heard() == {"notified": {str(bob.pk)}}

    collect(broker, scenario)


def test_a_transaction_tells_once_and_after_the_commit(ann, bob, broker):
    def write_much():
        with transaction.atomic():
            first = action.send(ann, "waved")
            notify(bob, first)
            return {first.pk, action.send(ann, "waved").pk}

    async def scenario(heard):
        keys = await act(write_much)()
        told = {}
        while told.keys() != {"actions", "notified"}:
            told |= await heard()
        assert told == {"actions": set(map(str, keys)), "notified": {str(bob.pk)}}

    collect(broker, scenario)


def test_hints_name_keys_and_no_more_than_brokers_take():
    hints = {}
    add(hints, "actions", range(400))
    add(hints, "notified", [uuid.uuid4() for _ in range(400)])
    assert read(write(hints)) == {"actions": None, "notified": None}
    add(hints, "actions", range(1000))
    assert hints["actions"] is None
    assert read(write({"actions": {"7"}})) == {"actions": {"7"}}
    for nonsense in ("", "5", "[]", '{"actions": 5}', b"\xff"):
        assert read(nonsense) in (anything(), {})


def test_the_site_says_which_broker_there_is(settings):
    settings.STREAM_LIVE = {}
    assert broker_name() == ("postgresql" if connection.vendor == "postgresql" else "polling")
    settings.STREAM_REDIS_URL = REDIS
    assert broker_name() == "redis"
    settings.STREAM_LIVE = {"broker": "polling"}
    assert broker_name() == "polling"


# Looking at the database


def test_with_polling_who_writes_does_nothing_more(ann, django_assert_num_queries):
    with django_assert_num_queries(1):
        action.send(ann, "waved")
    assert not signals.actions.has_listeners(Action)
    assert not delivered.has_listeners(Notification)


def test_a_look_is_one_query_and_finds_each_row_once(ann, django_assert_num_queries):
    watch = Watch(Action._base_manager.all(), "pk")
    action.send(ann, "waved")
    assert list(watch.look()) == []
    with django_assert_num_queries(1):
        assert list(watch.look()) == []
    sent = action.send(ann, "waved")
    with django_assert_num_queries(1):
        assert list(watch.look()) == [sent.pk]
    assert list(watch.look()) == []


def test_a_look_finds_a_key_that_is_committed_after_a_higher_one(ann):
    low, high = action.send(ann, "waved"), action.send(ann, "waved")
    watch = Watch(Action._base_manager.all(), "pk")
    kept = Action(actor=ann, verb="late")
    Action._base_manager.filter(pk=low.pk).delete()
    assert list(watch.look()) == []
    kept.pk = low.pk
    kept.save(force_insert=True)
    assert list(watch.look()) == [low.pk]
    assert high.pk > low.pk


def test_more_rows_than_are_looked_at_are_any(ann, monkeypatch):
    monkeypatch.setattr(polling, "ROWS_LOOKED_AT", 4)
    watch = Watch(Action._base_manager.all(), "pk")
    watch.look()
    Action.objects.bulk_create([Action(actor=ann, verb="waved") for _ in range(9)])
    assert look({"actions": watch}) == {"actions": None}
    while look({"actions": watch}):  # until all are known
        pass
    sent = action.send(ann, "waved")
    assert look({"actions": watch}) == {"actions": {str(sent.pk)}}


# The end


def test_a_hub_that_is_stopped_while_it_wakes_does_end():
    async def scenario():
        hub = Hub(options())
        asking = asyncio.create_task(hub._ask())
        await asyncio.sleep(0.05)  # it waits for something to ask
        hub.woken.set()
        asking.cancel()
        await asyncio.wait([asking], timeout=SECONDS)
        assert asking.cancelled()

    asyncio.run(scenario())


def test_a_hub_ends_though_a_client_of_a_broker_forgets_that_it_is_cancelled(monkeypatch):
    class Forgetful:
        async def listen(self, run):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            yield await asyncio.Event().wait()

    monkeypatch.setattr("stream.live.hub.get_broker", Forgetful)
    monkeypatch.setattr("stream.live.hub.CANCEL_SECONDS", 0.05)

    async def scenario():
        hub = Hub(options())
        hub._start()
        tasks = hub.tasks
        await asyncio.sleep(0.05)
        hub.stop()
        await asyncio.wait(tasks, timeout=SECONDS)
        assert [task.cancelled() for task in tasks] == [True, True]

    asyncio.run(scenario())


# Lost, and back again


def lose_redis():
    import redis

    with redis.Redis.from_url(REDIS) as server:
        clients = server.client_list(_type="pubsub")
        [own] = [each["id"] for each in clients if each["name"] == quote(redis_channel())]
        assert server.client_kill_filter(_id=own) == 1


def lose_postgresql():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'LISTEN %'"
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("lose", [lose_redis, lose_postgresql][: 1 + ON_POSTGRESQL])
def test_what_happens_while_a_broker_is_lost_is_told_when_it_is_back(
    request, ann, bob, browser, monkeypatch, lose
):
    request.getfixturevalue(lose.__name__.replace("lose", "use"))
    monkeypatch.setattr("stream.live.hub.RETRY_SECONDS", (0.05,))
    monkeypatch.setattr(type(get_broker()), "tell", lambda *told_to_nobody: None)

    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            await act(action.send)(ann, "waved")
            await act(lose)()
            assert await stream.event() == ("home", {"new": 1})

    async_to_sync(scenario)()


def test_what_nobody_told_is_told_in_the_end(settings, ann, bob, browser, monkeypatch):
    settings.STREAM_LIVE |= {"recheck": 1, "poll": 1000}
    monkeypatch.setattr("stream.live.hub.ROUNDS", 1)

    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            await act(action.send)(ann, "waved")
            assert await stream.event() == ("home", {"new": 1})

    async_to_sync(scenario)()


def test_a_redis_that_does_not_answer_fails_no_action(settings, ann, caplog):
    settings.STREAM_REDIS_URL = "redis://127.0.0.1:1/0"
    settings.STREAM_LIVE = {"broker": "redis"}
    get_broker()._paused_until.clear()
    for _ in range(3):
        action.send(ann, "waved")
    assert Action.objects.count() == 3
    assert [record.message for record in caplog.records if "stream.live" in record.message] == [
        caplog.records[0].message
    ]


# What asks


def test_a_hint_for_nobody_here_asks_nothing(ann, bob):
    async def scenario():
        hub, listener = Hub(options()), Listener(Reader(bob.pk), {})
        listener.wanted = set()
        hub.by_user[str(bob.pk)][listener] = None
        hub.hear({"notified": {str(ann.pk)}, "users": {str(ann.pk)}, "unknown": {"5"}})
        assert (hub.wanting, listener.wanted) == ({}, set())
        hub.hear({"notified": {str(ann.pk), str(bob.pk)}})
        assert (list(hub.wanting), listener.wanted) == ([listener], {"notifications"})

    async_to_sync(scenario)()


def test_many_actions_are_told_as_one(settings, ann, bob, browser):
    settings.STREAM_LIVE |= {"pause": 0.2}

    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            await act(action.send)(ann, "waved")
            count = (await stream.event())[1]["new"]
            for _ in range(20):
                await act(action.send)(ann, "waved")
            events = 0
            while count < 21:
                count += (await stream.event())[1]["new"]
                events += 1
            assert count == 21
            assert events < 20

    async_to_sync(scenario)()


@pytest.mark.parametrize("most", [1000, 1], ids=["few", "many"])
def test_who_waits_for_actions_is_found_by_few_queries(
    ann, bob, monkeypatch, django_assert_max_num_queries, most
):
    monkeypatch.setattr(home, "FOLLOWERS_READ", most)
    people = User.objects.bulk_create([User(username=f"reader-{each}") for each in range(50)])
    for person in User.objects.filter(username__startswith="reader-")[:3]:
        follow(person, ann)
    names = {str(bob.pk), *(str(each.pk) for each in people[:1] if each.pk)}
    sent = [action.send(ann, "waved"), action.send(bob, "waved")]
    with django_assert_max_num_queries(6):
        found = home.waiting({str(each.pk) for each in sent}, names)
    assert str(bob.pk) in found <= names


def test_a_database_that_fails_is_asked_again(ann, bob, browser, monkeypatch):
    monkeypatch.setattr("stream.live.hub.RETRY_SECONDS", (0.05,))
    fails = [OperationalError("gone"), OperationalError("gone")]
    user_of = asking.user_of

    def fail_twice(reader):
        if fails:
            raise fails.pop()
        return user_of(reader)

    monkeypatch.setattr(asking, "user_of", fail_twice)

    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            assert fails == []

    async_to_sync(scenario)()
