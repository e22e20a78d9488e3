import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection, connections

from follow.utils import follow
from stream.live.hub import Hub
from stream.live.telling import KEPT
from tests.support.live import client_of


@pytest.fixture(autouse=True)
def quick(transactional_db, settings, monkeypatch):
    """Let streams ask as soon as they are told, and wait for the thread that asks to end.

    On SQLite they ask in the thread of the test: one in memory lets no thread wait for another.
    """
    settings.STREAM_LIVE = {"broker": "polling", "pause": 0, "poll": 0.05}
    vars(connections["default"]).pop(KEPT, None)  # what tests that were rolled back would have told
    if connection.vendor == "sqlite":
        monkeypatch.setattr(Hub, "run", lambda hub, call, *given: sync_to_async(call)(*given))
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("stream-live"):
            thread.join(timeout=10)
            assert not thread.is_alive(), "somebody still listens"


@pytest.fixture
def ann(transactional_db):
    return User.objects.create_user("ann", password="ann")


@pytest.fixture
def bob(ann):
    user = User.objects.create_user("bob", password="bob")
    follow(user, ann)
    return user


@pytest.fixture
def browser(bob):
    """A browser in which bob is signed in."""
    return client_of(bob)
