"""A TCP proxy between the product and PostgreSQL or Redis, which does to it what networks do.

It listens on a port of 127.0.0.1 and passes everything on to a Unix socket. What it can do: delay
each piece, stand still, take no connections, cut or reset those that there are, and lose the answer
to a request after the server has carried it out.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

_BLOCK = 65_536
_STARTED_WITHIN_S = 5.0

Matches = Callable[[bytes], bool]


class Proxy:
    """One proxied server. What is set on it holds for every connection from then on, also for those
    that are open; it may be set from any thread."""

    def __init__(self, upstream: Path, seed: int = 0) -> None:
        self.upstream = upstream
        """Where new connections lead: a Unix socket."""
        self.delay_s = 0.0
        """How long each piece takes that goes to the server."""
        self.lost = 0
        """How many answers it has lost so far."""
        self.port = 0
        self._luck = random.Random(seed)
        self._open = threading.Event()
        self._open.set()
        self._refuses = False
        self._loses: tuple[Matches, float, int | None] | None = None
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(_STARTED_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @contextmanager
    def slow(self, delay_s: float) -> Iterator[None]:
        """Every piece takes so long to the server."""
        self.delay_s = delay_s
        try:
            yield
        finally:
            self.delay_s = 0.0

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Connections are taken and stay, and nothing gets through in either direction."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    @contextmanager
    def away(self) -> Iterator[None]:
        """All connections are reset, and no new ones are taken."""
        self._refuses = True
        self.reset()
        try:
            yield
        finally:
            self._refuses = False

    @contextmanager
    def losing_answers(
        self, matches: Matches, share: float = 1.0, most: int | None = None
    ) -> Iterator[None]:
        """Of the requests that match this share is carried out, and the answer never comes: the
        connection is reset instead. At most so many, if given."""
        self._loses = (matches, share, most)
        try:
            yield
        finally:
            self._loses = None

    def cut(self) -> None:
        """Close all connections, as a server does that ends in order."""
        self._call(lambda pair: pair.close())

    def reset(self) -> None:
        """Reset all connections, as a machine does that has lost its memory."""
        self._call(lambda pair: pair.reset())

    def _call(self, what: "Callable[[_Pair], None]") -> None:
        async def do() -> None:
            for pair in list(self._pairs):
                what(pair)

        asyncio.run_coroutine_threadsafe(do(), self._loop).result(_STARTED_WITHIN_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end(server))
        self._loop.close()

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        for pair in list(self._pairs):
            pair.reset()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports say goodbye in the loop's next round

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _reset(writer)
            return
        try:
            back, forth = await asyncio.open_unix_connection(str(self.upstream))
        except OSError:
            _reset(writer)
            return
        pair = _Pair(self, (reader, writer), (back, forth))
        self._pairs.add(pair)
        # Cancelled at the end of all: nobody is there to hear of it.
        with suppress(asyncio.CancelledError):
            await pair.pass_on()
        self._pairs.discard(pair)

    async def pass_time(self, delay_s: float) -> None:
        """Wait as long as this proxy makes a piece wait."""
        if delay_s:
            await asyncio.sleep(delay_s)
        if not self._open.is_set():
            # It is set from another thread, which knows nothing of this event loop.
            await asyncio.to_thread(self._open.wait)

    def loses_answer_to(self, request: bytes) -> bool:
        """Whether the answer to these bytes is to be lost."""
        if self._loses is None:
            return False
        matches, share, most = self._loses
        if (most is not None and most <= 0) or not matches(request):
            return False
        if self._luck.random() >= share:
            return False
        self._loses = (matches, share, None if most is None else most - 1)
        self.lost += 1
        return True


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Pair:
    """A client's connection and the one that it is passed on to."""

    def __init__(self, proxy: Proxy, client: _Streams, server: _Streams) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._losing = False

    async def pass_on(self) -> None:
        both: tuple[Coroutine[Any, Any, None], ...] = (self._requests(), self._answers())
        tasks = [asyncio.ensure_future(each) for each in both]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        self.close()

    async def _requests(self) -> None:
        reader, writer = self._client[0], self._server[1]
        while data := await _read(reader):
            self._losing = self._losing or self._proxy.loses_answer_to(data)
            await self._proxy.pass_time(self._proxy.delay_s)
            writer.write(data)

    async def _answers(self) -> None:
        reader, writer = self._server[0], self._client[1]
        while data := await _read(reader):
            if self._losing:
                self.reset()
                return
            await self._proxy.pass_time(0.0)
            writer.write(data)

    def close(self) -> None:
        for _, writer in (self._client, self._server):
            writer.close()

    def reset(self) -> None:
        _reset(self._client[1])
        self._server[1].close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(_BLOCK)
    except OSError:
        return b""


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
