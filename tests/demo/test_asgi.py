"""The demo as an ASGI application: whom it serves with the key that everybody knows."""

import runpy
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

import test_project

PATH = Path(test_project.__file__).with_name("asgi.py")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def debug(settings):  # which the runner of the tests turns off
    settings.DEBUG = True


@pytest.fixture(autouse=True)
def closed(transactional_db):
    """Close what requests opened: Django leaves the connections of databases in memory open."""
    own = connections["default"]

    def close(**kwargs):
        used = connections["default"]
        if used is not own:
            BaseDatabaseWrapper.close(used)

    request_finished.connect(close)
    yield
    request_finished.disconnect(close)


def status_of(client, **headers):
    application = runpy.run_path(str(PATH))["application"]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/developers/",
        "query_string": b"",
        "client": client,
        "headers": [(b"host", b"127.0.0.1")]
        + [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def ask():
        communicator = ApplicationCommunicator(application, scope)
        await communicator.send_input({"type": "http.request", "body": b""})
        await communicator.wait(timeout=10)
        return (await communicator.receive_output())["status"]

    return async_to_sync(ask)()


def test_own_machine_is_served():
    assert status_of(["127.0.0.1", 5]) == 200


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (["192.0.2.1", 5], {}),
        (None, {}),
        (["127.0.0.1", 5], {"x-forwarded-for": "127.0.0.1"}),
        (["127.0.0.1", 5], {"forwarded": "for=192.0.2.1"}),
    ],
)
def test_others_are_not_served_with_the_public_key(settings, client, headers):
    assert status_of(client, **headers) == 403
    settings.SECRET_KEY_IS_PUBLIC = False
    assert status_of(client, **headers) == 200
