"""The demo as an ASGI application, for its own machine alone: its key is public.

It serves live updates, and the static files, as ``runserver`` does.
"""

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from test_project.wsgi import REFUSED, is_from_this_machine

serve = ASGIStaticFilesHandler(get_asgi_application())


def environ_of(scope):
    """Return what WSGI says of who asks."""
    headers = {name.decode().upper().replace("-", "_") for name, _ in scope["headers"]}
    address = (scope.get("client") or [""])[0]
    return {"REMOTE_ADDR": address} | {f"HTTP_{name}": "" for name in headers}


async def application(scope, receive, send):
    if scope["type"] != "http":  # uvicorn asks for more, which Django does not serve
        raise ValueError(f"the demo serves HTTP alone, not {scope['type']}")
    if settings.SECRET_KEY_IS_PUBLIC and not is_from_this_machine(environ_of(scope)):
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": REFUSED})
        return
    await serve(scope, receive, send)
