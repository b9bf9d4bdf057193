"""The connections under `domain/outbound.py`: names, addresses and sockets, behind the rules.

Nothing else may open one to the outside. The rules are asked about every address that a name
resolves to, and again about the one address that a socket is about to be connected to. The second
question leaves no gap between check and use, so a name that changes its address (rebinding) gains
nothing.
"""

import asyncio
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import Any, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from aiohttp.tracing import Trace

from domain.rules.addresses import IPNetwork, refusal

LOOKUP_S = 3.0
MAX_LOOKUPS = 64
# aiohttp tries n addresses up to n(n+1)/2 times: a name with 50 records must not become a flood.
MAX_ADDRESSES = 4
# Interim answers (1xx) before the real one. More than a few are a flood.
MAX_HEADS = 16


@dataclass(slots=True)
class Progress:
    """How far the call of the current task has come."""

    connected: bool = False
    new_connection: bool = False


PROGRESS: ContextVar[Progress] = ContextVar("outbound_progress")


class Refused(OSError):
    """The egress rules refuse an address; the text completes "it is …"."""


class ConnectionLost(Exception):
    """The connection ended before the head of an answer was complete; `answered`: it had begun."""

    def __init__(self, *, answered: bool) -> None:
        self.answered = answered
        super().__init__()


class Guard:
    """The egress rules, asked about one address and port at a time."""

    def __init__(self, allow: tuple[IPNetwork, ...], own_ports: frozenset[int]) -> None:
        self._allow = allow
        self._own_ports = own_ports

    def check(self, address: str, port: int) -> None:
        """Raises Refused if no call may go there."""
        if found := refusal(address, self._allow):
            raise Refused(found)
        if port in self._own_ports and _is_this_machine(address):
            raise Refused("Signalbox itself")

    def open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for the very address that it is about to be connected to."""
        family, kind, protocol, _, address = info
        self.check(str(address[0]), int(address[1]))
        PROGRESS.get().new_connection = True
        return socket.socket(family, kind, protocol)


def _is_this_machine(address: str) -> bool:
    """Whether packets to the address would leave from that same address."""
    ip = ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback:
        return True
    family = socket.AF_INET6 if isinstance(ip, IPv6Address) else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((str(ip), 9))  # Sends nothing: it only has the kernel choose a route.
        return ip_address(probe.getsockname()[0]) == ip
    return False


class CheckedResolver(AbstractResolver):
    """Asks the egress rules about every address of a name: one that is refused refuses the name."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """At most `MAX_ADDRESSES` addresses. Raises OSError: Refused, or no answer in time."""
        try:
            async with asyncio.timeout(LOOKUP_S):
                found = await self._inner.resolve(host, port, family)
        except TimeoutError as error:
            raise OSError("the name lookup took too long") from error
        if not found:
            raise OSError("the name has no address")
        for each in found:
            self._guard.check(each["host"], port)
        return found[:MAX_ADDRESSES]

    async def close(self) -> None:
        """Release the resolver that is asked."""
        await self._inner.close()


class ThreadResolver(AbstractResolver):
    """The system's resolver, in threads of its own.

    A name server that hangs then neither fills the event loop's thread pool nor, as these threads
    are daemons, holds up the end of the process. A thread keeps its place until it really ends.
    """

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(MAX_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of the name, in the system's order of preference. Raises OSError."""
        await self._room.acquire()
        lookup: Future[list[ResolveResult]] = Future()
        lookup.set_running_or_notify_cancel()  # From here on it ends when its thread does.
        lookup.add_done_callback(partial(self._leave, asyncio.get_running_loop()))
        work = (lookup, host, port, family)
        threading.Thread(target=_look_up, args=work, name="name lookup", daemon=True).start()
        return await asyncio.wrap_future(lookup)

    def _leave(self, loop: asyncio.AbstractEventLoop, _lookup: Future[list[ResolveResult]]) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody waits for a place any more.
            loop.call_soon_threadsafe(self._room.release)

    async def close(self) -> None:
        """Nothing to release: threads under way end by themselves."""


def _look_up(
    lookup: Future[list[ResolveResult]], host: str, port: int, family: socket.AddressFamily
) -> None:
    try:
        found = socket.getaddrinfo(
            host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        lookup.set_result([_result(host, port, info) for info in found])
    except (OSError, UnicodeError) as error:
        lookup.set_exception(OSError(str(error)))


def _result(host: str, port: int, info: tuple[Any, ...]) -> ResolveResult:
    family, _, protocol, _, address = info
    zone = f"%{address[3]}" if family == socket.AF_INET6 and address[3] else ""
    return ResolveResult(
        hostname=host,
        host=f"{address[0]}{zone}",
        port=port,
        family=family,
        proto=protocol,
        flags=socket.AI_NUMERICHOST,
    )


class Pool(aiohttp.TCPConnector):
    """The connection pool. It notes how far a call has come, and drops spoilt connections."""

    def __init__(self, guard: Guard, resolver: AbstractResolver, **options: Any) -> None:
        super().__init__(
            resolver=CheckedResolver(resolver, guard),
            socket_factory=guard.open_socket,
            **options,
        )
        # Private in aiohttp, which has no public place for it; the flood tests fail if it goes.
        self._factory = partial(_Protocol, loop=self._loop)  # type: ignore[assignment]

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the signature is aiohttp's
    ) -> Connection:
        """A connection with nothing to read yet: bytes nobody asked for would answer this call."""
        progress = PROGRESS.get()
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = cast("_Protocol", connection.protocol)
            if progress.new_connection or not protocol.should_close:
                break
            connection.close()
        protocol.heads = 0
        progress.connected = True
        return connection


class _Protocol(ResponseHandler):
    """A connection that ends when the target sends heads without end.

    aiohttp reads over any number of interim (1xx) answers, and queues answers that nobody asked
    for. Measured: a flood of either stops the event loop for seconds and takes hundreds of MB.
    """

    heads = 0

    def feed_data(self, data: Any, size: int = 0) -> None:
        self.heads += 1
        if self.heads <= MAX_HEADS:
            super().feed_data(data, size)
        elif self.transport is not None:
            self.set_exception(HttpProcessingError(message="heads without end"))
            self.transport.abort()


async def name_lost_connection(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Give a lost connection a name that aiohttp's own repeating does not know.

    That repeating leaves POST out, and repeats calls that a target has read and hung up on.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except aiohttp.ServerDisconnectedError as error:
        raise ConnectionLost(answered=not isinstance(error.message, str)) from error
    except (aiohttp.ClientOSError, aiohttp.ClientConnectionResetError) as error:
        raise ConnectionLost(answered=False) from error
