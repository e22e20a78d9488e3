"""What a stream tells, to whom, and when it ends."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core import signing
from django.test import AsyncClient, Client
from django.test.utils import override_settings

from stream.live import hub as hubs
from stream.live.conf import options
from stream.notifications import notify, send_notification
from stream.streams import user_stream
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.support.live import act, client_of, listening, settled

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = ("notifications", {"unseen": 0, "new": 0})


def test_a_new_stream_says_how_many_notifications_are_unseen(ann, bob, browser):
    notify(bob, action.send(ann, "waved"))

    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == ("notifications", {"unseen": 1, "new": 0})

    async_to_sync(scenario)()


def test_a_notification_is_told_to_its_recipient(ann, bob, browser):
    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            await act(send_notification)(bob, ann, "called")
            assert await stream.event() == ("notifications", {"unseen": 1, "new": 1})

    async_to_sync(scenario)()


def test_a_row_of_the_home_feed_is_told_to_who_follows_its_actor(ann, bob, browser):
    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            await act(action.send)(ann, "waved")
            assert await stream.event() == ("home", {"new": 1})

    async_to_sync(scenario)()


def test_nothing_is_told_that_the_reader_may_not_see(ann, bob, browser):
    """Neither private actions, nor hidden objects, nor messages to others, nor unfollowed ones."""
    carol = User.objects.create_user("carol")
    hidden = Band.objects.create(name="Hidden")

    async def scenario():
        async with listening(browser) as stream:
            assert await stream.event() == NOTHING
            await act(action.send)(ann, "hid", public=False)
            await act(action.send)(carol, "waved")
            await act(action.send)(ann, "praised", hidden)
            about = await act(action.send)(carol, "praised", hidden)
            await act(notify)([bob, carol], about)
            await act(send_notification)(carol, ann, "whispered")
            # What comes now is the first that is told, and nothing is counted with it.
            await act(action.send)(ann, "waved")
            assert await stream.event() == ("home", {"new": 1})
            await act(notify)(bob, await act(action.send)(carol, "called"))
            assert await stream.event() == ("notifications", {"unseen": 1, "new": 1})

    def visible_to(options, bands, reader):
        return bands.exclude(name="Hidden")

    with override_options(Band, visible_to=visible_to):
        async_to_sync(scenario)()


def test_events_hold_numbers_and_a_sealed_position(ann, bob, browser):
    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            await act(action.send)(ann, "waved")
            await stream.event()
            return stream

    stream = async_to_sync(scenario)()
    with pytest.raises(UnicodeDecodeError):
        signing.b64_decode(stream.ids[-1].encode()).decode("ascii")


def test_headers_keep_caches_proxies_and_compression_away(browser):
    async def scenario():
        async with listening(browser) as stream:
            return stream.response

    response = async_to_sync(scenario)()
    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-store, no-transform"
    assert response["X-Accel-Buffering"] == "no"
    assert response["Content-Encoding"] == "identity"


# Coming back


@pytest.mark.parametrize("way", ["header", "query"])
def test_who_comes_back_is_told_what_happened_meanwhile(ann, bob, browser, way):
    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            await act(action.send)(ann, "waved")
            await stream.event()
            last = stream.ids[-1]
        await act(action.send)(ann, "waved")
        await act(notify)(bob, await act(action.send)(ann, "called"))
        again = {"query": f"?last={last}"} if way == "query" else {"Last-Event-ID": last}
        async with listening(browser, **again) as stream:
            told = dict([await stream.event(), await stream.event()])
            assert told == {"home": {"new": 2}, "notifications": {"unseen": 1, "new": 1}}

    async_to_sync(scenario)()


def test_who_comes_back_after_nothing_is_told_nothing(ann, bob, browser):
    action.send(ann, "waved")

    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            last = stream.ids[-1]
        async with listening(browser, f"?last={last}") as stream:
            await act(notify)(bob, await act(action.send)(bob, "called"), to_self=True)
            assert await stream.event() == ("notifications", {"unseen": 1, "new": 1})

    async_to_sync(scenario)()


def test_what_came_while_the_page_was_on_its_way_is_told(ann, bob, browser):
    action.send(ann, "waved")
    first = user_stream(bob).page().first
    action.send(ann, "waved")

    async def scenario():
        async with listening(browser, f"?since={first}") as stream:
            told = dict([await stream.event(), await stream.event()])
            assert told["home"] == {"new": 1}

    async_to_sync(scenario)()


@pytest.mark.parametrize("query", ["?last=nonsense", "?since=nonsense", "?last=&since="])
def test_a_position_of_another_site_is_no_position(ann, browser, query):
    action.send(ann, "waved")

    async def scenario():
        async with listening(browser, query) as stream:
            assert await stream.event() == NOTHING

    async_to_sync(scenario)()


def test_a_position_of_another_user_is_no_position(ann, bob, browser):
    async def scenario():
        async with listening(client_of_ann) as stream:
            await stream.event()
            last = stream.ids[-1]
        await act(notify)(bob, await act(action.send)(ann, "called"))
        async with listening(browser, f"?last={last}") as stream:
            assert await stream.event() == ("notifications", {"unseen": 1, "new": 0})

    client_of_ann = client_of(ann)
    async_to_sync(scenario)()


# The end


def sign_out(browser, bob):
    browser.logout()


def deactivate(browser, bob):
    bob.is_active = False
    bob.save()


def change_password(browser, bob):
    bob.set_password("another")
    bob.save()


def delete(browser, bob):
    bob.delete()


def test_who_signs_out_may_be_asked_of_a_router(ann):
    asked = []

    class Router:
        def db_for_write(self, model, **hints):
            asked.append(model._meta.label)

    ann.is_staff = True
    ann.save()
    browser = Client()
    browser.force_login(ann)
    with override_settings(DATABASE_ROUTERS=[Router()]):
        assert browser.post("/admin/logout/").status_code == 200  # request.user is lazy
    assert "auth.User" in asked


@pytest.mark.parametrize("end", [sign_out, deactivate, change_password, delete])
def test_a_sign_in_that_ends_closes_the_stream(bob, browser, end):
    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            await act(end)(browser, bob)
            assert await stream.event() == ("end", {"reason": "signed out"})
            await stream.ends()

    async_to_sync(scenario)()


def test_nothing_is_told_once_the_sign_in_has_ended(ann, bob, browser):
    async def scenario():
        async with listening(browser) as stream:
            await settled(stream, ann)
            await act(User.objects.filter(pk=bob.pk).update)(is_active=False)  # which tells nobody
            await act(notify)(bob, await act(action.send)(ann, "called"))
            assert await stream.event() == ("end", {"reason": "signed out"})

    async_to_sync(scenario)()


def test_a_sign_in_is_checked_now_and_then(settings, bob, browser):
    settings.STREAM_LIVE |= {"recheck": 1}

    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            await act(User.objects.filter(pk=bob.pk).update)(is_active=False)
            assert await stream.event() == ("end", {"reason": "signed out"})

    async_to_sync(scenario)()


def test_the_oldest_of_too_many_streams_of_a_user_ends(settings, ann, bob, browser):
    settings.STREAM_LIVE |= {"streams_per_user": 1}

    async def scenario():
        async with listening(browser) as first, listening(browser) as second:
            await first.event()
            assert await second.part()
            assert await first.event() == ("end", {"reason": "too many"})
            await first.ends()
            assert await second.event() == NOTHING

    async_to_sync(scenario)()


def test_a_process_with_too_many_streams_says_when_to_come_back(settings, ann, browser):
    settings.STREAM_LIVE |= {"streams": 1}

    async def scenario():
        async with listening(browser) as first:
            await first.event()
            return await browser.get("/live/")

    response = async_to_sync(scenario)()
    assert (response.status_code, response["Retry-After"]) == (503, "30")


def test_a_stream_that_ends_leaves_nothing(ann, browser):
    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            hub = hubs.get_hub(options())
            assert hub.count == 1
            tasks = hub.tasks
        done, waits = await asyncio.wait(tasks, timeout=10)
        assert not waits
        assert all(task.cancelled() for task in done)
        assert (hub.count, dict(hub.by_user), hub.wanting, hub.tasks) == (0, {}, {}, [])

    async_to_sync(scenario)()


def test_a_comment_keeps_an_idle_stream_alive(settings, browser):
    settings.STREAM_LIVE |= {"heartbeat": 1}

    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            assert await stream.part() == ":\n\n"

    async_to_sync(scenario)()


# Who may listen


def test_visitors_and_wsgi_are_told_not_to_come_back(bob):
    assert async_to_sync(AsyncClient().get)("/live/").status_code == 204
    client = Client()
    client.force_login(bob)
    assert client.get("/live/").status_code == 204


@pytest.mark.parametrize("place", ["cross-site", "same-site"])
def test_pages_of_other_sites_do_not_listen(browser, place):
    get = async_to_sync(browser.get)
    assert get("/live/", headers={"Sec-Fetch-Site": place}).status_code == 403


def test_only_get_listens(browser):
    assert async_to_sync(browser.post)("/live/").status_code == 405


def test_listening_changes_nothing(bob, browser):
    key = browser.session.session_key
    before = list(User.objects.values()), browser.session.load()

    async def scenario():
        async with listening(browser) as stream:
            await stream.event()

    async_to_sync(scenario)()
    assert (list(User.objects.values()), browser.session.load()) == before
    assert browser.session.session_key == key


def test_sign_ins_outlive_a_new_secret_key(settings, bob, browser):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    key = browser.session.session_key

    async def scenario():
        async with listening(browser) as stream:
            await stream.event()
            await act(bob.save)()  # which lets the stream look who is signed in
            await act(notify)(bob, await act(action.send)(bob, "called"), to_self=True)
            while (event := await stream.event())[1]["new"] == 0:
                pass
            assert event == ("notifications", {"unseen": 1, "new": 1})

    async_to_sync(scenario)()
    assert key
