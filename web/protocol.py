"""The web process's HTTP protocol: uvicorn's, with the bounds that it leaves open.

uvicorn's own reads a request's head without end and waits for it for ever: 96 MB of header lines
took 1 GB of memory, before any of our code ran (row A24 of the attack catalogue). It also takes
heads that leave open which host or path is meant (row A23; RFC 9112 §3.2), and any number of
connections, until none can be opened to the database (row F58 of the fault catalogue). `Procfile`
names this class.
"""

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.descriptors import most_connections

MOST_HEAD_BYTES = 32_768
MOST_HEADERS = 100
HEAD_WITHIN_S = 10.0
# In the scope of a request whose body is here, too: whoever reads it need not watch the time.
WHOLE = "signalbox.whole"

# A name or address with or without a port (RFC 3986 §3.2.2), or nothing.
_HOST = re.compile(rb"(?:[A-Za-z0-9._~%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


class HeadTooLarge(Exception):
    """Raised into the parser, which then answers 400 and closes the connection."""


class HeadUnclear(Exception):
    """Raised into the parser, which then answers 400 and closes the connection."""


class BoundedProtocol(HttpToolsProtocol):
    """Refuses heads that are too large (400) and connections on which none arrives in time."""

    _reading_head = False
    _head_bytes = 0
    _unparsed_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio."""
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            self._make_room()
        self._head_timer = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio. A head whose end does not come is unfinished, however it is cut: a
        line without end reaches no other method of ours."""
        super().data_received(data)
        if not self._reading_head:
            return
        self._unparsed_bytes += len(data)
        if self._unparsed_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Invalid HTTP request received.")
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._reading_head, self._head_bytes, self._unparsed_bytes = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Called by the parser, with each part."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._count(len(name) + len(value) + 4)
        if len(self.headers) == MOST_HEADERS:
            raise HeadTooLarge
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._reading_head = False
        self._stop_timer()
        self._check_target()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.scope[WHOLE] = True  # type: ignore[literal-required]
        super().on_message_complete()

    def _check_target(self) -> None:
        """Two hosts, none where one must be, or one that is none: whoever reads the head in front
        of us may have taken another one. A fragment never belongs to a request."""
        hosts = [value for name, value in self.headers if name == b"host"]
        least = 0 if self.parser.get_http_version() == "1.0" else 1
        if not least <= len(hosts) <= 1 or not all(map(_HOST.fullmatch, hosts)):
            raise HeadUnclear
        if b"#" in self.url:
            raise HeadUnclear

    def _make_room(self) -> None:
        """Close a connection that waits for its next request, or else this one. A sender whose
        connection is closed between two requests opens another (RFC 9112 §9.3.1)."""
        idle = (one for one in self.connections if getattr(one, "rests", False))
        next(idle, self).transport.close()

    @property
    def rests(self) -> bool:
        """Whether the last request was answered, and no other has begun."""
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        return cycle is not None and cycle.response_complete and not self._reading_head

    def _count(self, number: int) -> None:
        self._head_bytes += number
        if self._head_bytes > MOST_HEAD_BYTES:
            raise HeadTooLarge

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
