"""The ways in which the recording target answers: a word, and what it does to the connection."""

import asyncio
import gzip
import socket
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from http.client import responses
from urllib.parse import unquote

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
_BLOCK = b"x" * 65_536


class Connection:
    """What a behaviour may do to the connection that a call came on."""

    transport: asyncio.Transport

    def __init__(self, gate: Callable[[str], asyncio.Event]) -> None:
        self.calls = 0
        self.head_only = False
        self.gate = gate
        self._writable = asyncio.Event()
        self._writable.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def send(self, data: bytes) -> None:
        """Write without waiting."""
        self.transport.write(data)

    def reply(self, head: bytes, body: bytes) -> None:
        """Write a whole answer; a call with HEAD gets no body."""
        self.transport.write(head if self.head_only else head + body)

    async def pour(self, blocks: Iterable[bytes]) -> None:
        """Write as fast as the other side reads."""
        for block in blocks:
            await self._writable.wait()
            self.transport.write(block)
            await asyncio.sleep(0)

    def close(self) -> None:
        """Say goodbye after what is written."""
        self.transport.close()

    def abort(self) -> None:
        """End at once, leaving what is not written."""
        self.transport.abort()

    def reset(self) -> None:
        """End with a TCP reset instead of a goodbye."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def spawn(self, work: Awaitable[None]) -> None:
        """Answer later, as long as the connection lives."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """The connection is gone: nothing more will be answered."""
        for task in self._tasks:
            task.cancel()
        self._writable.set()


Behaviour = Callable[[Connection, str], Awaitable[None] | None]


def raw(data: bytes) -> str:
    """The argument of `raw/…` and `stall/…` that sends these bytes."""
    return urlsafe_b64encode(data).decode()


def answer(connection: Connection, behaviour: str) -> None:
    """Answer one call in the way that `behaviour` (`word` or `word/argument`) says."""
    word, _, argument = behaviour.partition("/")
    later = BEHAVIOURS.get(word, _ok)(connection, argument)
    if later is not None:
        connection.spawn(later)


def head(status: int, *lines: str) -> bytes:
    """A status line and headers."""
    phrase = responses.get(status, "Unknown")
    return "\r\n".join([f"HTTP/1.1 {status} {phrase}", *lines, "", ""]).encode("latin-1")


def _ok(connection: Connection, _argument: str) -> None:
    connection.reply(_OK, b'{"ok":true}')


def _status(connection: Connection, argument: str) -> None:
    status = int(argument)
    body = b"" if status in (204, 304) else b'{"status":%d}' % status
    lines = ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    connection.reply(head(status, *lines), body)


def _retry_after(connection: Connection, argument: str) -> None:
    """Send callers away, for as long as the argument says."""
    connection.reply(head(429, f"Retry-After: {unquote(argument)}", "Content-Length: 0"), b"")


def _stall(connection: Connection, argument: str) -> None:
    """The argument, from base64, is all that is ever sent; the connection stays."""
    connection.send(urlsafe_b64decode(argument))


def _raw(connection: Connection, argument: str) -> None:
    """The argument, from base64, is all that is sent; then the connection ends."""
    _stall(connection, argument)
    connection.close()


def _redirect(connection: Connection, argument: str) -> None:
    status, _, where = argument.partition("/")
    connection.send(head(int(status), f"Location: {unquote(where)}", "Content-Length: 0"))


async def _slow(connection: Connection, argument: str) -> None:
    await asyncio.sleep(float(argument))
    connection.reply(_OK, b'{"ok":true}')


async def _hold(connection: Connection, argument: str) -> None:
    await connection.gate(argument).wait()
    connection.reply(_OK, b'{"ok":true}')


async def _drip(connection: Connection, argument: str) -> None:
    """One byte of the body every so many seconds."""
    connection.send(head(200, "Content-Length: 1000000"))
    while True:
        connection.send(b"x")
        await asyncio.sleep(float(argument or "0.01"))


async def _huge(connection: Connection, argument: str) -> None:
    size = int(argument)
    connection.send(head(200, f"Content-Length: {size}"))
    await connection.pour(_BLOCK[: size - at] for at in range(0, size, len(_BLOCK)))


async def _endless(connection: Connection, _argument: str) -> None:
    connection.send(head(200, "Transfer-Encoding: chunked"))
    block = b"%x\r\n%b\r\n" % (len(_BLOCK), _BLOCK)
    await connection.pour(iter(lambda: block, b""))


def _gzip_bomb(connection: Connection, argument: str) -> None:
    """So many bytes of zeros, which deflate packs about a thousand to one."""
    body = gzip.compress(bytes(int(argument)), compresslevel=9)
    lines = ("Content-Encoding: gzip", f"Content-Length: {len(body)}")
    connection.send(head(200, *lines) + body)


async def _interim(connection: Connection, _argument: str) -> None:
    """Early hints without end."""
    block = head(103, "Link: </a.css>") * 500
    await connection.pour(iter(lambda: block, b""))


def _reset(connection: Connection, _argument: str) -> None:
    connection.reset()


def _once_a_connection(connection: Connection, _argument: str) -> None:
    """Keep the connection open after its first answer, and end it when a second call comes."""
    if connection.calls == 1:
        connection.reply(_OK, b'{"ok":true}')
    else:
        connection.close()


async def _unasked(connection: Connection, argument: str) -> None:
    """Answer, and once released send a second answer that nobody asked for."""
    connection.reply(_OK, b'{"ok":true}')
    await connection.gate(argument).wait()
    connection.send(head(418, "Content-Length: 0"))


BEHAVIOURS: dict[str, Behaviour] = {
    "ok": _ok,
    "status": _status,
    "retry-after": _retry_after,
    "raw": _raw,
    "stall": _stall,
    "redirect": _redirect,
    "slow": _slow,
    "hold": _hold,
    "hang": _stall,
    "drip": _drip,
    "huge": _huge,
    "endless": _endless,
    "gzip-bomb": _gzip_bomb,
    "interim": _interim,
    "early-close": _raw,
    "reset": _reset,
    "once-a-connection": _once_a_connection,
    "unasked": _unasked,
}
