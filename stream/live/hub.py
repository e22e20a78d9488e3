"""The hub: the streams of a process, one subscription to the broker, one thread that asks."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from django.db import Error, connections

from stream.live.asking import Question, answer_all, fresh
from stream.live.brokers import get_broker
from stream.live.conf import Options
from stream.live.hints import KEYS_NAMED, Hints
from stream.live.signing_in import Reader, mark_of
from stream.live.sources import SOURCES, WAITERS

logger = logging.getLogger("stream.live")

STREAMS_AT_ONCE = 5  # that one call in the thread asks for
ROUNDS = 3  # in which it is asked who is signed in; in the last also what is new
IDLE_SECONDS = 5  # after which the thread lets go of the database
CANCEL_SECONDS = 1.0
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)

#: The kinds of hints that name users, with the sources that they concern; (): all.
OF_USERS: dict[str, Collection[str]] = {"notified": ("notifications",), "users": ()}


def end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    What it awaits may forget it: redis-py uses wait_for(), as the brokers of sites may.
    """
    if not task.done():
        task.cancel()
        task.get_loop().call_later(CANCEL_SECONDS, end, task)


class Listener:
    """One open stream: whose it is, up to where it was told what, and what it is to be told."""

    def __init__(self, reader: Reader, positions: dict[str, Any]) -> None:
        self.reader = reader
        self.mark = mark_of(reader.session)
        self.positions = positions
        self.events: dict[str, dict[str, Any]] = {}  # by source, or "end"
        self.woken = asyncio.Event()
        self.has_ended = False
        self.wanted: set[str] = set(SOURCES)
        self.due = 0.0  # when it may ask
        self.asks_anyway = 0.0  # when it does
        self.rounds = 0  # in which it did

    def give(self, name: str, data: dict[str, Any]) -> None:
        """Give an event, as one with that which a slow browser has not taken yet."""
        if waits := self.events.get(name):
            data = {**data, "new": waits.get("new", 0) + data.get("new", 0)}
        self.events[name] = data
        self.woken.set()

    def end(self, reason: str) -> None:
        """End the stream; the browser does not come back."""
        self.has_ended = True
        self.events.clear()
        self.give("end", {"reason": reason})


class Hub:
    """Takes hints from the broker and asks the database for the streams that they concern."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.by_user: dict[str, dict[Listener, None]] = defaultdict(dict)
        self.count = 0
        self.wanting: dict[Listener, None] = {}
        self.told: dict[str, set[str] | None] = {}  # kinds that a query turns into users
        self.may_match = 0.0
        self.woken = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.thread: ThreadPoolExecutor | None = None
        self.lets_go: float | None = None  # when the thread has had nothing to do for long enough

    # Streams come and go

    def join(self, listener: Listener) -> None:
        """Add a stream; end the oldest of a user who has too many."""
        own = self.by_user[str(listener.reader.user)]
        for oldest in list(own)[: len(own) + 1 - self.options.streams_per_user]:
            oldest.end("too many")
            self.leave(oldest)
        self.by_user[str(listener.reader.user)][listener] = None
        self.count += 1
        self.wanting[listener] = None
        listener.asks_anyway = self.now + self.options.recheck
        if not self.tasks:
            self._start()
        self.woken.set()

    def leave(self, listener: Listener) -> None:
        """Forget a stream, and stop listening with the last one."""
        key = str(listener.reader.user)
        if listener not in self.by_user.get(key, ()):
            return
        del self.by_user[key][listener]
        if not self.by_user[key]:
            del self.by_user[key]
        self.wanting.pop(listener, None)
        self.count -= 1
        if not self.count:
            self.stop()

    def _start(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="stream-live")
        for work in (self._hear, self._ask):
            # Not in the context of the request that happens to come first.
            task = asyncio.get_running_loop().create_task(work(), context=contextvars.Context())
            self.tasks.append(task)

    def stop(self) -> None:
        """Stop listening and asking; what waits for the thread is dropped."""
        for task in self.tasks:
            end(task)
        self.tasks = []
        if self.thread:
            self.thread.submit(connections.close_all)
            self.thread.shutdown(wait=False)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def listeners(self) -> Iterable[Listener]:
        return (listener for own in self.by_user.values() for listener in own)

    async def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the thread that asks the database."""
        loop = asyncio.get_running_loop()
        self.lets_go = loop.time() + IDLE_SECONDS
        return await loop.run_in_executor(self.thread, fresh, call, *arguments)

    # Hints

    async def _hear(self) -> None:
        tries = 0
        while True:
            hints = get_broker().listen(self.run)
            try:
                async for each in hints:
                    tries = 0
                    self.hear(each)
            except Exception as error:  # whatever a client of a broker raises
                logger.warning("stream.live: the broker is lost, and tried again: %r", error)
            finally:
                await hints.aclose()
            wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
            tries += 1
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret

    def hear(self, hints: Hints) -> None:
        """Mark the streams that hints may concern. One for nobody here costs next to nothing."""
        for kind, keys in hints.items():
            if kind in WAITERS:
                known = self.told.setdefault(kind, set())
                is_any = known is None or keys is None or len(known) > KEYS_NAMED
                self.told[kind] = None if is_any else known | keys  # type: ignore[operator]
            elif kind in OF_USERS:
                users = set(self.by_user) if keys is None else keys & self.by_user.keys()
                self._want(users, SOURCES.keys() & (OF_USERS[kind] or SOURCES))
            elif kind == "ended" and keys is None:
                self._want(set(self.by_user), set(SOURCES))
            elif kind == "ended":
                self._end(keys or ())
        if self.told or self.wanting:
            self.woken.set()

    def _end(self, sessions: Collection[str]) -> None:
        for listener in list(self.listeners()):
            if listener.mark in sessions:
                listener.end("signed out")
                self.leave(listener)

    def _want(self, users: Iterable[str], sources: set[str]) -> None:
        for user in users:
            for listener in self.by_user.get(user, ()):
                listener.wanted |= sources
                self.wanting[listener] = None

    # Questions

    async def _ask(self) -> None:
        tries = 0
        while True:
            try:
                await self._ask_once()
                tries = 0
            except Error as error:
                logger.warning("stream.live: the database does not answer: %s", error)
                await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
                tries += 1
            except Exception:  # of a strange hint, a rule or a model: the others go on
                logger.exception("stream.live: a question has failed")
                await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
                tries += 1

    async def _ask_once(self) -> None:
        """Ask what may be asked by now, or else wait until there is something to ask."""
        self.woken.clear()
        if self.told and self.may_match <= self.now:
            await self._match()
            return
        now = self.now
        due = list(islice((each for each in self.wanting if each.due <= now), STREAMS_AT_ONCE))
        if not due:  # who was told nothing waits for those who were
            anyway = (each for each in self.listeners() if each.asks_anyway <= now)
            due = list(islice(anyway, STREAMS_AT_ONCE))
            for listener in due:
                listener.rounds += 1
                listener.wanted = set(SOURCES) if listener.rounds % ROUNDS == 0 else set()
        if due:
            await self._answer(due)
            return
        if self.lets_go is not None and self.lets_go <= self.now:
            await self.run(connections.close_all)
            self.lets_go = None
        times = [each.due for each in self.wanting]
        times += [self.may_match] if self.told else []
        wait = min(times, default=self.now + 1) - self.now
        # In Python 3.11, wait_for() forgets that its task is cancelled where it wakes just then.
        with suppress(TimeoutError):
            async with asyncio.timeout(max(wait, 0.01)):
                await self.woken.wait()

    async def _match(self) -> None:
        """Find out who waits for what was told: for all of it, at most once in ``pause``."""
        told, self.told = self.told, {}
        try:
            for kind, keys in told.items():
                users: Collection[str] = list(self.by_user)
                if keys is not None:
                    users = await self.run(WAITERS[kind].users, keys, users)
                self._want(users, {WAITERS[kind].source})
        except Error:
            for kind in told:  # later, for all
                self.told[kind] = None
            raise
        finally:
            self.may_match = self.now + self.options.pause

    async def _answer(self, listeners: list[Listener]) -> None:
        questions = [Question(each.reader, each.positions, each.wanted) for each in listeners]
        for listener in listeners:
            listener.wanted = set()  # from here on for another question
            self.wanting.pop(listener, None)
        try:
            answers = await self.run(answer_all, questions)
        except Error:
            for listener, question in zip(listeners, questions, strict=True):
                if not listener.has_ended:
                    listener.wanted |= set(question.sources)
                    self.wanting[listener] = None
            raise
        now = self.now
        for listener, answer in zip(listeners, answers, strict=True):
            if listener.has_ended:  # meanwhile
                continue
            listener.due = now + self.options.pause
            listener.asks_anyway = now + self.options.recheck * random.uniform(0.8, 1)  # noqa: S311
            if not answer.is_signed_in:
                listener.end("signed out")
                self.leave(listener)
                continue
            listener.positions |= answer.positions
            for name, data in answer.events:
                listener.give(name, data)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub(options: Options) -> Hub:
    """Return the hub of the running loop; a new one for other options, where it has no streams."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None or (not hub.count and hub.options != options):
        hub = _hubs[loop] = Hub(options)
    return hub
