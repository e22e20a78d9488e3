"""The stream of events that a page listens to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from asgiref.sync import SyncToAsync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from stream.live import positions
from stream.live.conf import Options, options
from stream.live.home import place_of
from stream.live.hub import Hub, Listener, get_hub
from stream.live.signing_in import reader_of
from stream.live.sources import SOURCES
from stream.paging import InvalidCursor, Page
from stream.paging.pages import Reached

RETRY_MILLISECONDS = 3000  # after which a browser connects again
BUSY_SECONDS = 30  # after which it may ask a process that has too many streams

HEADERS = {
    "Cache-Control": "no-store, no-transform",
    "Content-Encoding": "identity",  # so that GZipMiddleware keeps nothing back
    "X-Accel-Buffering": "no",  # nor nginx
}


@transaction.non_atomic_requests
@require_GET
async def events(request: HttpRequest) -> HttpResponseBase:
    """Tell the user who is signed in what is new, by server-sent events, as long as it is open.

    Status 204 ends it for good: for visitors, and under WSGI, where a stream would hold a thread.
    403 for pages of other sites, 503 where the process has too many streams.
    """
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return HttpResponse(status=403)
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=204)
    chosen = options()
    hub = get_hub(chosen)
    if hub.count >= chosen.streams:
        return HttpResponse(status=503, headers={"Retry-After": str(BUSY_SECONDS)})
    reader = await sync_to_async(reader_of)(request, user)
    listener = Listener(reader, begin_of(request, user))
    return StreamingHttpResponse(
        Events(listener, hub, chosen), content_type="text/event-stream", headers=HEADERS
    )


def begin_of(request: HttpRequest, user: Any) -> dict[str, Any]:
    """Return from where on to tell: the last event that came, or the first row of the page."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("last")
    found = positions.read(user.pk, last) if last else {}
    if "home" in SOURCES and "home" not in found and (cursor := request.GET.get("since")):
        with suppress(InvalidCursor):  # of a page of something else; from now on
            found["home"] = place_of(Reached(Page.decode(cursor)))
    return {name: found[name] for name in SOURCES if name in found}


def let_go() -> None:
    """Close the connections of the request's thread, which the stream does not use."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def end_thread() -> None:
    """End the thread that Django keeps for the synchronous code of this request.

    It would wait as long as the stream is open; where there is more to run, another one begins.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    if context and (thread := SyncToAsync.context_to_thread_executor.pop(context, None)):
        thread.shutdown(wait=False)


class Events:
    """The body of the answer: events, and now and then a comment, which finds dead connections."""

    def __init__(self, listener: Listener, hub: Hub, chosen: Options) -> None:
        self.listener, self.hub, self.heartbeat = listener, hub, chosen.heartbeat
        self.loop = asyncio.get_running_loop()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        listener = self.listener
        await sync_to_async(let_go)()
        end_thread()
        self.hub.join(listener)
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            while True:
                try:
                    async with asyncio.timeout(self.heartbeat):  # not wait_for(): see the hub
                        await listener.woken.wait()
                except TimeoutError:
                    yield b":\n\n"
                    continue
                listener.woken.clear()
                told, listener.events = listener.events, {}
                key = positions.write(listener.reader.user, listener.positions)
                for name, data in told.items():
                    yield f"id: {key}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()
                if "end" in told:
                    return
        finally:
            self.hub.leave(listener)

    def close(self) -> None:
        """Leave, also where the browser goes while it is sent something. Runs in a thread."""
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self.hub.leave, self.listener)
