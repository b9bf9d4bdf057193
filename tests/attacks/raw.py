"""HTTP by hand: exactly these bytes are sent, which a client library would tidy or refuse."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `closed` says that the server ended the connection after it."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool


class Connection:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Send these bytes; False when the server does not take them any more."""
        try:
            self._socket.sendall(data)
        except ConnectionError:
            return False
        return True

    def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer. One that announces the end of the connection is read to that end."""
        while b"\r\n\r\n" not in self._unread:
            assert self._read_some(), f"no answer, but {self._unread!r} and the end"
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = 0 if head_only else int(headers["content-length"])
        while len(self._unread) < length:
            assert self._read_some(), f"a cut answer: {self._unread!r}"
        body, self._unread = self._unread[:length], self._unread[length:]
        closed = headers.get("connection") == "close" and self.ends()
        return Answer(int(status_line.split(" ")[1]), headers, body, closed)

    def ends(self, within_s: float = WAIT_S) -> bool:
        """Whether the server ends the connection before it is silent for so many seconds."""
        self._socket.settimeout(within_s)
        try:
            while self._read_some():
                pass
        except TimeoutError:
            return False
        return True

    def _read_some(self) -> bool:
        try:
            part = self._socket.recv(65_536)
        except ConnectionError:
            # The server ended it while bytes of ours were still on their way.
            return False
        self._unread += part
        return bool(part)


def exchange(port: int, data: bytes, *, head_only: bool = False) -> Answer:
    """The answer to these bytes, sent over a connection of their own."""
    with Connection(port) as connection:
        connection.send(data)
        return connection.answer(head_only=head_only)


def request(
    method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: bytes | None = b"{}"
) -> bytes:
    """A request as bytes; with `Content-Length` unless the body is None."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def post(path: str, body: bytes | None = b"{}", *headers: tuple[str, str]) -> bytes:
    """A delivery as bytes."""
    return request("POST", path, headers, body)
