"""The live feed: who changes something nudges; every open page hears of it and reads it again.

A nudge says *what* changed (`events`, `execution:<id>`), never *how*: pages fetch the present
state, so a nudge may be lost, doubled or late without showing anything wrong for long. Nudges go
through one Redis stream that is capped and needs no persistence.

    nudge() -> LiveFeed, one batch each 200 ms -> Redis stream -> LiveHub -> LiveClient -> browser

How it fails: open. With Redis away, `LiveFeed` drops (and counts) its nudges, and `LiveHub` tells
every page every two seconds to read everything again.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any
from uuid import UUID
from weakref import WeakSet

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from domain import metrics
from domain.coordination.redis_trouble import REDIS_TROUBLE
from domain.errors import Overloaded

STREAM = "signalbox:live"
STREAM_LENGTH = 1_000
FLUSH_INTERVAL_S = 0.2
MESSAGE_INTERVAL_S = 0.25
HEARTBEAT_S = 15.0
RECHECK_S = 30.0
MOST_TOPICS = 128
MOST_CLIENTS_OF_A_TEAM = 200
MOST_CLIENTS = 10_000
EVERYTHING = "*"
ACCESS = "access"
"""Who may listen has changed: every stream of the team asks at once whether it still may."""

_READ_BLOCK_MS = 4_000
_FIRST_BACKOFF_S = 0.1
# With the second that connecting may take: every page hears at least every two seconds.
_LONGEST_BACKOFF_S = 1.0


def collapse(topics: set[str]) -> set[str]:
    """`topics`, kept small: beyond 128 of them `event:<id>` and its like become `event:*`.

    The bound is what keeps a burst's message, and a slow client's memory, from growing.
    """
    if len(topics) <= MOST_TOPICS:
        return topics
    return {noun + ":*" if colon else noun for noun, colon, _ in (t.partition(":") for t in topics)}


def _connect(redis_url: str, timeout_s: float) -> "Redis":
    # No retries inside the client: both ends here have their own way to wait. The explicit
    # socket timeout is needed besides: redis-py's default would cut a blocking read short.
    return Redis.from_url(
        redis_url,
        socket_timeout=timeout_s,
        socket_connect_timeout=1.0,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        protocol=2,
    )


class LiveFeed:
    """Where a web or worker process leaves its nudges."""

    def __init__(self, redis_url: str) -> None:
        self._redis = _connect(redis_url, timeout_s=1.0)
        self._pending: dict[UUID, set[str]] = {}
        # Actors may run on other threads than the event loop's; the lock is held for a set update.
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to pass nudges on, from the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._flusher = asyncio.create_task(self._flush_for_ever(), name="live feed")

    async def close(self) -> None:
        """Pass on what is left, once, and stop."""
        self._loop = None
        if self._flusher is not None:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flusher
        await self._flush()
        await self._redis.aclose()

    def nudge(self, team_id: UUID, *topics: str) -> None:
        """Say that `topics` of the team changed. Never blocks and never raises.

        Call it after the commit: a page that hears of it reads at once. Before `start` and after
        `close` it only counts what it drops.
        """
        loop = self._loop
        if loop is None:
            metrics.NUDGES_DROPPED.inc()
            return
        with self._lock:
            first = not self._pending
            pending = self._pending.setdefault(team_id, set())
            pending.update(topics)
            if len(pending) > MOST_TOPICS:
                self._pending[team_id] = collapse(pending)
        if first:
            # The loop may be closing on another thread: then nobody is left to be nudged.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake.set)

    async def _flush_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()
            await asyncio.sleep(FLUSH_INTERVAL_S)

    async def _flush(self) -> None:
        with self._lock:
            taken, self._pending = self._pending, {}
        if not taken:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for team_id, topics in taken.items():
            message: dict[Any, Any] = {
                "team": str(team_id),
                "topics": " ".join(sorted(topics)),
            }
            pipeline.xadd(STREAM, message, maxlen=STREAM_LENGTH, approximate=True)
        try:
            await pipeline.execute()
        except REDIS_TROUBLE:
            metrics.NUDGES_DROPPED.inc(len(taken))


class LiveClient:
    """One open page. It remembers which topics are news to it, not how often: it cannot grow."""

    def __init__(self, hub: "LiveHub", team_id: UUID) -> None:
        self._hub = hub
        self._team_id = team_id
        # What changed between the page's making and its first message nobody could tell it.
        self._news: set[str] = {EVERYTHING}
        self._wake = asyncio.Event()
        self._wake.set()
        self._closed = asyncio.Event()
        self._in_doubt = False

    def add(self, topics: Collection[str]) -> None:
        """Note that `topics` changed."""
        # While Redis is away nobody could say ACCESS, so each try to reach it counts as that.
        self._in_doubt |= ACCESS in topics or EVERYTHING in topics
        if EVERYTHING not in self._news:
            self._news = collapse(self._news.union(topics))
            if EVERYTHING in self._news:
                self._news = {EVERYTHING}
        self._wake.set()

    def close(self) -> None:
        """End the stream as soon as its reader takes the next message."""
        self._closed.set()
        self._wake.set()

    async def messages(self, still_allowed: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """Server-sent events: `data: {"topics": […]}`, at most four a second; a comment when quiet.

        Asks `still_allowed` every 30 seconds, and at once when access changed in the team; ends
        when it says no.
        """
        try:
            loop = asyncio.get_running_loop()
            recheck_at = loop.time() + RECHECK_S
            while not self._closed.is_set():
                await _wait(self._wake, HEARTBEAT_S)
                if self._in_doubt or loop.time() >= recheck_at:
                    self._in_doubt = False
                    if not await still_allowed():
                        return
                    recheck_at = loop.time() + RECHECK_S
                if self._closed.is_set():
                    return
                yield self._next_message()
                await _wait(self._closed, MESSAGE_INTERVAL_S)
        finally:
            self._hub.leave(self)

    def _next_message(self) -> bytes:
        news, self._news = self._news, set()
        self._wake.clear()
        if not news:
            return b": still here\n\n"
        # JSON escapes line ends, so no topic could break out of its line.
        return b"data: " + msgspec.json.encode({"topics": sorted(news)}) + b"\n\n"

    @property
    def team_id(self) -> UUID:
        """Whose changes this client hears of."""
        return self._team_id


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()


class LiveHub:
    """One reader of the stream for all open pages of a web process."""

    def __init__(self, redis_url: str, most: int = MOST_CLIENTS) -> None:
        """At most so many pages may be open in this process, whoever they belong to."""
        self._most = most
        # Longer than the blocking read, so that only a dead connection ever runs into it.
        self._redis = _connect(redis_url, timeout_s=_READ_BLOCK_MS / 1000 + 4)
        # Weak: a stream that is given up before its first message never comes to say goodbye.
        self._clients: dict[UUID, WeakSet[LiveClient]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._closed = False
        self.reachable = False

    async def start(self) -> None:
        """Begin to read. Does not wait for Redis, which may come later."""
        self._reader = asyncio.create_task(self._read_for_ever(), name="live hub")

    async def close(self) -> None:
        """End every stream and stop reading."""
        self.close_streams()
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        await self._redis.aclose()

    def close_streams(self) -> None:
        """End every stream now and open none any more: the process is about to stop."""
        self._closed = True
        for client in self._all_clients():
            client.close()

    def join(self, team_id: UUID) -> LiveClient:
        """A new open page of the team.

        Raises Overloaded when the team has 200 open in this process, or all teams together as many
        as it can bear, or it is stopping.
        The bound is a process's own: with n web processes a team may have n times as many, as each
        process has memory and time of its own to spare for them.
        """
        clients = self._clients.setdefault(team_id, WeakSet())
        full = len(clients) >= MOST_CLIENTS_OF_A_TEAM or len(self._all_clients()) >= self._most
        if self._closed or full:
            raise Overloaded(retry_after_s=5)
        client = LiveClient(self, team_id)
        clients.add(client)
        return client

    def leave(self, client: LiveClient) -> None:
        """The page is gone."""
        clients = self._clients.get(client.team_id)
        if clients is not None:
            clients.discard(client)

    def _all_clients(self) -> list[LiveClient]:
        return [client for clients in self._clients.values() for client in clients]

    def _tell_everyone(self) -> None:
        for client in self._all_clients():
            client.add((EVERYTHING,))

    async def _read_for_ever(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            try:
                await self._read_from_now_on()
            except REDIS_TROUBLE:
                longer_s = min(backoff_s * 2, _LONGEST_BACKOFF_S)
                backoff_s = _FIRST_BACKOFF_S if self.reachable else longer_s
                self.reachable = False
            # Deaf for now: pages go on being live by reading everything at each try.
            self._tell_everyone()
            await asyncio.sleep(backoff_s)

    async def _read_from_now_on(self) -> None:
        """Pass nudges on until Redis fails."""
        # After an outage the stream may hold anything: start at its end, and let pages read anew.
        newest: Any = await self._redis.xrevrange(STREAM, count=1)
        position = newest[0][0] if newest else "0-0"
        self.reachable = True
        self._tell_everyone()
        while True:
            answer: Any = await self._redis.xread(
                {STREAM: position}, count=500, block=_READ_BLOCK_MS
            )
            for _, batch in answer or ():
                for message_id, message in batch:
                    position = message_id
                    self._pass_on(message)

    def _pass_on(self, message: dict[str, str]) -> None:
        try:
            team_id = UUID(message["team"])
        except (KeyError, ValueError):
            return  # not one of ours: someone else writes to our stream
        topics = message.get("topics", "").split()
        for client in self._clients.get(team_id, ()):
            client.add(topics)
