"""The demo as a WSGI application, for its own machine alone: its key is public."""

import os
from http import HTTPStatus
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_project.settings")

REFUSED = b"The demo serves its own machine alone. Set STREAM_DEMO_SECRET_KEY for others.\n"
PROXIED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR")

if settings.SECRET_KEY_IS_PUBLIC and not settings.DEBUG:
    raise ImproperlyConfigured(
        "test_project: the SECRET_KEY is public, so anybody could sign in as anybody; "
        "set STREAM_DEMO_SECRET_KEY to one that nobody else knows."
    )

serve = get_wsgi_application()


def is_from_this_machine(environ):
    """Tell whether a request comes from a program of this machine, and not through a proxy."""
    try:
        address = ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:  # a socket of Unix, where proxies listen
        return False
    return address.is_loopback and not any(name in environ for name in PROXIED)


def application(environ, start_response):
    if settings.SECRET_KEY_IS_PUBLIC and not is_from_this_machine(environ):
        start_response(f"403 {HTTPStatus.FORBIDDEN.phrase}", [("Content-Type", "text/plain")])
        return [REFUSED]
    return serve(environ, start_response)
