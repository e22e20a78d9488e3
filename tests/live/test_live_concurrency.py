"""What a stream holds while it is open, as a server runs it."""

import pytest
from asgiref.sync import SyncToAsync, async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.db import connection

from stream.notifications import notify
from stream.utils import action
from tests.support.live import act

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_open_stream_holds_no_thread_and_the_process_one_connection(ann, bob, browser):
    """Django has a thread for each request, which would wait, with a connection, until its end."""
    cookie = "; ".join(f"{name}={each.value}" for name, each in browser.cookies.items())
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live/",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"cookie", cookie.encode())],
    }

    async def told(stream):
        while b"event" not in (part := (await stream.receive_output(timeout=15))).get("body", b""):
            assert part.get("status") in (None, 200)
        return part["body"]

    async def scenario():
        application = get_asgi_application()
        streams = [ApplicationCommunicator(application, scope) for _ in range(5)]
        for stream in streams:
            await stream.send_input({"type": "http.request", "body": b""})
            assert b'"unseen": 0' in await told(stream)
        assert list(SyncToAsync.context_to_thread_executor) == []
        await act(notify)(bob, await act(action.send)(ann, "called"))
        for stream in streams:
            assert b"event" in await told(stream)
        assert await act(count_connections)() <= 1
        for stream in streams:
            await stream.send_input({"type": "http.disconnect"})
            await stream.wait(timeout=15)

    async_to_sync(scenario)()


def count_connections():
    """Return how many connections there are besides that of the test."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM information_schema.processlist "
                "WHERE db = database() AND id <> connection_id()"
            )
        return cursor.fetchone()[0]
