"""The demo as a WSGI application: whom it serves with the key that everybody knows."""

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test.client import RequestFactory

import test_project

PATH = Path(test_project.__file__).with_name("wsgi.py")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def debug(settings):  # which the runner of the tests turns off
    settings.DEBUG = True


def status_of(**environ):
    application = runpy.run_path(str(PATH))["application"]
    answered = []
    request = RequestFactory(headers={"host": "127.0.0.1"}).get("/developers/", **environ)
    body = application(request.environ, lambda status, headers: answered.append(status))
    assert b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return answered[0]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1"])
def test_own_machine_is_served(address):
    assert status_of(REMOTE_ADDR=address) == "200 OK"


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": "2001:db8::1"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.1"},
    ],
)
def test_others_are_not_served_with_the_public_key(settings, environ):
    assert status_of(**environ) == "403 Forbidden"
    settings.SECRET_KEY_IS_PUBLIC = False
    assert status_of(**environ) == "200 OK"


def test_public_key_is_refused_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(ImproperlyConfigured, match="set STREAM_DEMO_SECRET_KEY"):
        runpy.run_path(str(PATH))
    settings.SECRET_KEY_IS_PUBLIC = False
    assert callable(runpy.run_path(str(PATH))["application"])
