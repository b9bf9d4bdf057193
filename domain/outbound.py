"""The only HTTP client of Signalbox: every call to the outside goes through `Outbound.request`.

What it holds to, whoever the target is:

- one deadline over everything: name lookup, connecting, TLS, sending, the last byte of the body;
- an answer of at most 1 MB, also after decompression, and 100 headers: a longer body is cut and
  flagged, more headers are a failure;
- no redirects (a 3xx is an answer like any other), no proxies or credentials from the environment,
  no cookies;
- the rules of `domain/rules/addresses.py`, asked about every address that a name resolves to, and
  again about the one address that the socket is about to be connected to. The second question
  leaves no gap between check and use, so a name that changes its address (rebinding) gains nothing.
  Pooled connections lead to the address that was checked when they were opened;
- no calls to itself: `own_ports` are refused on every address of this machine, `own_destinations`
  (the `host:port` of BASE_URL) by name, both also where the allow-list would let them through. An
  address that only a router knows to be ours is not recognised: such a call comes back in through
  the public door, with its signatures and limits.

A call is repeated by itself in one case only: the target closed a pooled connection while the call
was on its way, and answered nothing. Targets may close idle connections at any time (RFC 9112,
9.3.1), so this says nothing about them, and the call goes out once more on a new connection; only
if it is a GET or HEAD, or carries an Idempotency-Key, and is not to go out `once`. aiohttp's own
repeating is kept from happening (`name_lost_connection`): it leaves POST out, and repeats calls
that a target has read.
"""

import asyncio
import io
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from domain.egress import (
    PROGRESS,
    ConnectionLost,
    Guard,
    Pool,
    Progress,
    Refused,
    ThreadResolver,
    name_lost_connection,
)
from domain.errors import SignalboxError
from domain.rules.addresses import IPNetwork
from domain.rules.http import (
    MAX_BODY,
    Headers,
    decoded,
    is_repeatable,
    request_problem,
    storable,
)
from domain.rules.urls import InvalidUrl, destination, parse_url

MAX_HEADERS = 100
MAX_LINE = 8_190
# Below the 5 s after which Node and uvicorn close idle connections, so that few calls meet an end.
KEEP_ALIVE_S = 4.0
NAMES_KEPT_S = 10

Reason = Literal[
    "invalid_url",  # nothing was sent: the URL is not one that can be called
    "invalid_request",  # nothing was sent: a method or header that may not be set
    "blocked_address",  # nothing was sent: the egress rules refuse the destination
    "could_not_connect",  # nothing was sent: no such name, refused, unreachable, or not in time
    "tls",  # nothing was sent: no trusted, encrypted connection
    "timeout",  # the deadline passed after connecting; the target may have done its work
    "disconnected",  # the target hung up before its answer was complete; it may have done its work
    "protocol",  # what came back is not HTTP, or goes beyond the limits on headers
]


class OutboundFailed(SignalboxError):
    """The call got no complete answer."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        self.code = reason
        super().__init__(message)

    @property
    def maybe_received(self) -> bool:
        """Whether the target may have read the call, and so may have acted on it."""
        return self.reason in ("timeout", "disconnected", "protocol")


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """One call. `timeout_s` bounds all of it, in seconds. `once`: it is never repeated by itself,
    and so goes out on a new connection, which no target closes for being idle."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    timeout_s: float = 10.0
    once: bool = False


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """One answer, of any status. `body` is decompressed if it came as gzip or deflate.

    `truncated` says that the target sent more than the first 1 MB, which is in `body`.
    """

    status: int
    headers: Headers
    body: bytes
    truncated: bool
    elapsed_s: float


_Answer = tuple[int, Headers, bytes, bool]


class Outbound:
    """The process's one client. Make it, `start` it and use it on one event loop; `close` it last.

    With `only` it calls that one `host:port` and no other, so `allow` may be wide: what answers
    secrets to whoever asks is refused all the same.

    At most `limit` calls run at once, and `limit_per_destination` to one scheme, host and port;
    further ones wait, and their waiting counts against their deadline.
    """

    def __init__(
        self,
        allow: Sequence[IPNetwork] = (),
        *,
        own_ports: Collection[int] = (),
        own_destinations: Collection[str] = (),
        only: str | None = None,
        limit: int = 256,
        limit_per_destination: int = 64,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._guard = Guard(tuple(allow), frozenset(own_ports))
        self._own_destinations = frozenset(own_destinations)
        self._only = only
        self._limits = {"limit": limit, "limit_per_host": limit_per_destination}
        self._resolver = resolver
        self._tls = tls
        self._checked_url = lru_cache(maxsize=1024)(self._check_url)

    async def start(self) -> None:
        """Open the connection pool on the running event loop."""
        resolver = self._resolver or ThreadResolver()
        self._pooled = self._session(resolver, keepalive_timeout=KEEP_ALIVE_S)
        self._unpooled = self._session(resolver, force_close=True)

    async def close(self) -> None:
        """End every connection. Calls under way fail."""
        await self._pooled.close()
        await self._unpooled.close()

    async def request(self, request: OutboundRequest) -> OutboundResponse:
        """Make one call and read its answer. Raises OutboundFailed, with one of `Reason`'s words.

        A status that means failure is an answer, not an exception.
        """
        url = self._checked_url(request.url)
        if problem := request_problem(request.method, request.headers):
            raise OutboundFailed("invalid_request", problem)
        progress = Progress()
        PROGRESS.set(progress)
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(request.timeout_s):
                status, headers, body, truncated = await self._send(request, url, progress)
        except (aiohttp.ClientError, TimeoutError, ConnectionLost) as error:
            raise _failure(error, progress) from error
        elapsed_s = asyncio.get_running_loop().time() - started
        return OutboundResponse(status, headers, body, truncated, elapsed_s)

    def _session(self, resolver: AbstractResolver, **pooling: Any) -> aiohttp.ClientSession:
        pool = Pool(
            self._guard,
            resolver,
            ssl=self._tls or True,
            ttl_dns_cache=NAMES_KEPT_S,
            **self._limits,
            **pooling,
        )
        return aiohttp.ClientSession(
            connector=pool,
            headers={"User-Agent": "Signalbox", "Accept-Encoding": "identity"},
            skip_auto_headers=("Content-Type",),
            timeout=aiohttp.ClientTimeout(),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=MAX_LINE,
            max_field_size=MAX_LINE,
            max_headers=MAX_HEADERS,
            middlewares=(name_lost_connection,),
        )

    def _check_url(self, text: str) -> URL:
        try:
            url = parse_url(text)
        except InvalidUrl as error:
            raise OutboundFailed("invalid_url", error.message) from error
        if destination(url) in self._own_destinations:
            raise _blocked("Signalbox itself")
        if self._only is not None and destination(url) != self._only:
            raise _blocked("not the one that this client is for")
        made = URL(url.text, encoded=True)
        if (made.raw_host, made.port, made.raw_path_qs) != (url.host, url.port, url.target):
            raise OutboundFailed("invalid_url", "The URL can be read in two ways.")
        return made

    async def _send(self, request: OutboundRequest, url: URL, progress: Progress) -> _Answer:
        if request.once:
            return await _exchange(self._unpooled, request, url)
        try:
            return await _exchange(self._pooled, request, url)
        except ConnectionLost as lost:
            if (
                progress.new_connection
                or lost.answered
                or not is_repeatable(request.method, request.headers)
            ):
                raise
        return await _exchange(self._unpooled, request, url)


async def _exchange(session: aiohttp.ClientSession, request: OutboundRequest, url: URL) -> _Answer:
    # aiohttp warns of bytes above 1 MB, which it would copy whole, and takes a stream of them.
    large = request.body is not None and len(request.body) > MAX_BODY
    response = await session.request(
        request.method,
        url,
        headers=request.headers,
        data=io.BytesIO(request.body or b"") if large else request.body,
        allow_redirects=False,
    )
    try:
        body, truncated = await _read(response.content)
    finally:
        # An answer read to its end has given its connection back by now; any other is cut off.
        response.close()
    if response.status < HTTPStatus.OK:
        raise OutboundFailed("protocol", "The answer has no final status.")
    body, cut = decoded(body, response.headers.get("Content-Encoding", ""))
    return response.status, storable(response.headers), body, truncated or cut


async def _read(content: aiohttp.StreamReader) -> tuple[bytes, bool]:
    """The body's first 1 MB, and whether there was more."""
    parts, size = [], 0
    while size <= MAX_BODY and (part := await content.readany()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)[:MAX_BODY], size > MAX_BODY


def _blocked(what: str) -> OutboundFailed:
    return OutboundFailed("blocked_address", f"This destination is not allowed: it is {what}.")


def _failure(error: Exception, progress: Progress) -> OutboundFailed:
    """The reason word for what went wrong.

    Ways of not connecting are not told apart: that would tell which ports of a host are open.
    """
    match error:
        case aiohttp.ClientConnectorError(os_error=Refused()) if not progress.connected:
            return _blocked(str(error.os_error))
        case aiohttp.ClientSSLError() if not progress.connected:
            return OutboundFailed("tls", _tls_message(error))
        case aiohttp.ClientConnectionError() | TimeoutError() if not progress.connected:
            return OutboundFailed("could_not_connect", "Could not connect.")
        case TimeoutError():
            return OutboundFailed("timeout", "There was no complete answer in time.")
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | ConnectionLost():
            return OutboundFailed("disconnected", "The connection was lost before a whole answer.")
        case _:
            return OutboundFailed("protocol", "The answer is not valid HTTP, or its head too long.")


def _tls_message(error: aiohttp.ClientSSLError) -> str:
    why = getattr(error.__cause__, "verify_message", "")
    return f"The certificate is not trusted: {why}." if why else "TLS could not be set up."
