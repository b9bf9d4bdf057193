"""A lean HTTP/1.1 client connection: one request at a time, kept alive, nothing that costs time."""

import asyncio
import re
from typing import Protocol, cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *\d+\r\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
NO_ANSWER = 0
REFUSED = (429, 503)


class Owner(Protocol):
    """Who is told what becomes of a connection and of what it carried."""

    def connected(self, connection: "Connection") -> None:
        """It is open and free."""

    def answered(self, index: int, status: int, *, says_when: bool) -> None:
        """The request has its answer, or never will (`NO_ANSWER`). `says_when`: it was refused, and
        told when to come again."""

    def free(self, connection: "Connection") -> None:
        """It can carry the next request."""

    def lost(self, connection: "Connection") -> None:
        """It is gone."""


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._carried: int | None = None
        self._unread = b""

    def send(self, index: int, request: bytes) -> None:
        """Send a request, known to its owner as `index`."""
        self._carried = index
        self._transport.write(request)

    def close(self) -> None:
        """End it."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._owner.connected(self)

    def data_received(self, data: bytes) -> None:
        if self._unread:
            data = self._unread + data
        end = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, end) if end > 0 else None
        if length is None or len(data) < end + 4 + int(length[1]):
            self._unread = data
            return
        self._unread = b""
        status = int(data[9:12])
        says_when = status in REFUSED and _RETRY_AFTER.search(data, 0, end + 2) is not None
        self._finish(status, says_when=says_when)
        if _CLOSES.search(data, 0, end):
            self._transport.close()
        else:
            self._owner.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(NO_ANSWER)
        self._owner.lost(self)

    def _finish(self, status: int, *, says_when: bool = False) -> None:
        index, self._carried = self._carried, None
        if index is not None:
            self._owner.answered(index, status, says_when=says_when)
