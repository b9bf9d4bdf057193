"""A real HTTP/1.1 server that answers calls as it is told and keeps a ledger of every one.

In a test, on the test's own event loop:

    async with RecordingTarget() as target:
        target.behave("/orders", "status/500", "ok")   # first a failure, then successes
        await outbound.request(... target.url("/orders") ...)
        assert [call.idempotency_key for call in target.received] == [...]

As a process, for benchmarks and for tests that kill things:

    python -m tests.support.target --port 9900 --ledger calls.tsv [--id-header x-event]

A path is its own behaviour when its first word is one of `BEHAVIOURS` in `target_behaviours.py`
(`/status/503`, `/slow/0.5`, `/hold/a`); `behave` gives any other path one. A process is told over
HTTP: `POST /_behave` with `{"path": "/orders", "as": ["status/500", "ok"]}`, `POST /_release/a`.
"""

import argparse
import asyncio
import contextlib
import json
import re
import signal
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self, cast

import uvloop

from tests.support.target_behaviours import BEHAVIOURS, Connection, answer

_KEY = re.compile(rb"\r\nidempotency-key: *([^\r]*)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BODY_ID = re.compile(rb'"id"\s*:\s*"([^"]*)"')


@dataclass(slots=True)
class Received:
    """One call as it came. `wall_ns` and `mono_ns` are when its last byte had been read."""

    wall_ns: int
    mono_ns: int
    head: bytes
    body: bytes

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode()

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = (line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return [(name.lower(), value.strip()) for name, _, value in lines]

    @property
    def idempotency_key(self) -> str | None:
        return dict(self.headers).get("idempotency-key")


class LedgerLine(NamedTuple):
    """One call in the ledger of a target process; `key` and `id` are empty when there was none."""

    wall_ns: int
    mono_ns: int
    key: str
    id: str
    request: str


def read_ledger(path: Path) -> list[LedgerLine]:
    """Every complete line of a ledger, in the order of arrival."""
    lines = path.read_text().split("\n")[:-1]
    fields = (line.split("\t", 4) for line in lines)
    return [
        LedgerLine(int(wall), int(mono), key, id_, what) for wall, mono, key, id_, what in fields
    ]


class RecordingTarget:
    """The server. `received` is its ledger in memory, `connections` counts those ever accepted."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.open: set[_Peer] = set()
        self.record: Callable[[Received], None] = self.received.append
        self.news = asyncio.Event()
        self._told: dict[str, deque[str]] = {}
        self._gates: dict[str, asyncio.Event] = {}
        self._tls = tls
        self._port = port

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Peer(self), "127.0.0.1", self._port, ssl=self._tls, backlog=1024
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Waiting begins before closing: afterwards Python 3.11 does not wait, and connections whose
        # TLS handshake is failing, which are not in `open`, would outlive their server.
        gone = asyncio.ensure_future(self._server.wait_closed())
        await asyncio.sleep(0)
        self._server.close()
        for peer in tuple(self.open):
            peer.abort()
        await asyncio.wait_for(gone, 10)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path of this server."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def behave(self, path: str, *behaviours: str) -> None:
        """Answer calls of `path` in these ways, one after the other; the last one stays."""
        unknown = [each for each in behaviours if each.split("/")[0] not in BEHAVIOURS]
        if unknown or not behaviours:
            raise ValueError(f"unknown behaviour: {unknown}")
        self._told[path] = deque(behaviours)

    def behaviour(self, path: str) -> str:
        """What the next call of `path` meets."""
        told = self._told.get(path)
        if told is None:
            return path.partition("?")[0].lstrip("/")
        return told.popleft() if len(told) > 1 else told[0]

    async def has_received(self, number: int) -> None:
        """Returns once so many calls have come."""
        await self._until(lambda: len(self.received) >= number)

    async def is_left_alone(self) -> None:
        """Returns once no connection is open."""
        await self._until(lambda: not self.open)

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self.news.clear()
            await self.news.wait()

    def gate(self, name: str) -> asyncio.Event:
        """Set once `hold/name` may answer."""
        return self._gates.setdefault(name, asyncio.Event())

    def release(self, name: str) -> None:
        """Let every call that waits at `hold/name`, and every later one, have its answer."""
        self.gate(name).set()


class _Peer(asyncio.Protocol, Connection):
    """One connection: cuts the byte stream into calls, records each, then has it answered."""

    def __init__(self, target: RecordingTarget) -> None:
        super().__init__(target.gate)
        self.target = target
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it.
        self.target.connections += 1
        self.target.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.target.open.discard(self)
        self.target.news.set()
        self.stop()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while call := self._next_call():
            self.target.record(call)
            self.target.news.set()
            self.calls += 1
            self._answer(call)

    def _next_call(self) -> Received | None:
        """The next whole call of the stream, or None while bytes of it are missing."""
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._unread[:end]
        length = _LENGTH.search(head)
        after = end + 4 + (int(length[1]) if length else 0)
        if len(self._unread) < after:
            return None
        body, self._unread = self._unread[end + 4 : after], self._unread[after:]
        return Received(time.time_ns(), time.monotonic_ns(), head, body)

    def _answer(self, call: Received) -> None:
        path = call.path
        if path == "/_behave":
            told = json.loads(call.body)
            self.target.behave(told["path"], *told["as"])
        elif path.startswith("/_release/"):
            self.target.release(path.removeprefix("/_release/"))
        self.head_only = call.method == "HEAD"
        answer(self, self.target.behaviour(path))


class LedgerFile:
    """Appends one line a call; the lines of one pass of the event loop are one write."""

    def __init__(self, file: IO[bytes], id_header: str) -> None:
        self._file = file
        self._waiting: list[bytes] = []
        self._id = re.compile(rb"\r\n%b: *([^\r]*)" % re.escape(id_header.encode()), re.IGNORECASE)

    def record(self, call: Received) -> None:
        """Take a call into the ledger: on disk before the loop does anything after this pass."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        key = _KEY.search(call.head)
        named = self._id.search(call.head) or _BODY_ID.search(call.body)
        times = b"%d\t%d" % (call.wall_ns, call.mono_ns)
        fields = (key[1] if key else b"", named[1] if named else b"", call.head.split(b" HTTP")[0])
        line = b"\t".join((times, *(field.replace(b"\t", b" ") for field in fields)))
        self._waiting.append(line + b"\n")

    def flush(self) -> None:
        """Write what waits."""
        self._file.write(b"".join(self._waiting))
        self._waiting.clear()


async def serve(port: int, ledger: Path | None, id_header: str) -> None:
    """Be a target until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    target = RecordingTarget(port=port)
    with _ledger(ledger, id_header) as record:
        target.record = record
        async with target:
            print(f"listening on {target.port}", flush=True)
            await stopped.wait()


@contextlib.contextmanager
def _ledger(path: Path | None, id_header: str) -> Iterator[Callable[[Received], None]]:
    if path is None:
        yield lambda call: None
        return
    with path.open("ab", buffering=0) as file:
        ledger = LedgerFile(file, id_header)
        yield ledger.record
        ledger.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="An HTTP target that keeps a ledger.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--ledger", type=Path, help="append one tab-separated line a call")
    parser.add_argument("--id-header", default="x-event", help="else the JSON body's id is used")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, options.ledger, options.id_header))


if __name__ == "__main__":
    main()
