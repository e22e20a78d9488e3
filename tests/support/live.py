"""Streams of events as a browser has them, without a server between."""

import asyncio
import json
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from django.test import AsyncClient

from stream.utils import action

SECONDS = 15  # which no event takes


class Listening:
    """An open stream, and the events that have come."""

    def __init__(self, response):
        self.response = response
        self.parts = aiter(response.streaming_content)
        self.ids = []

    async def part(self):
        return (await asyncio.wait_for(anext(self.parts), SECONDS)).decode()

    async def event(self):
        """Return the next event: its name and data."""
        while True:
            lines = dict(
                line.split(": ", 1) for line in (await self.part()).splitlines() if ": " in line
            )
            if "event" in lines:
                self.ids.append(lines["id"])
                return lines["event"], json.loads(lines["data"])

    async def ends(self):
        """Wait until the stream is over."""
        async for _ in self.parts:
            pass


def client_of(user):
    client = AsyncClient()
    client.force_login(user)
    return client


@asynccontextmanager
async def listening(client, query="", **headers):
    """Open a stream; the first events, of what is there, are left to take."""
    stream = Listening(await client.get(f"/live/{query}", headers=headers))
    try:
        yield stream
    finally:  # as a server does when the browser goes
        await stream.parts.aclose()
        await act(stream.response.close)()


#: Runs what a site does while somebody listens.
act = sync_to_async


async def settled(stream, followed):
    """Take the first events, until the stream hears the broker and has nothing left to ask."""
    await stream.event()
    await act(action.send)(followed, "settled")
    assert await stream.event() == ("home", {"new": 1})


class NoBroker:
    pass
