"""What open pages cost the web process: 200 idle live streams, then the same with 20 events/s.

A browser's streams, without the browser: each is signed in, stays open, and is read at once. What
the same events cost without streams is measured besides, so that the difference is the streams'.
"""

import contextlib
import http.client
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import psutil

from cli.processes import CannotStart
from tests.bench.installation import Installation
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.usage import cpu_seconds, memory_mb

STREAMS = 200
EVENTS_A_SECOND = 20.0
_EMAIL = "watcher@bench.example"
_PASSWORD = "a long enough password"
_OPEN_WITHIN_S = 30.0
_READ_BYTES = 65_536

ROWS = (
    Row("live.idle_cpu", f"web, {STREAMS} idle live streams: of one core", " %", 5, 2, digits=1),
    Row("live.mb", "  memory of the streams", " MB", 60, 30, digits=1),
    Row("live.cpu", f"web, with {EVENTS_A_SECOND:g} events/s: of one core", " %", 60, 35, digits=1),
    Row("live.cpu_alone", "  the same events without streams", " %", digits=1),
    Row("live.messages", "  messages a stream and second", "", digits=2),
)


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    session.drain()
    web = session.installation.process("web")
    seconds = session.sizes.rest_s
    alone = _cpu_of_events(session, web, "live-alone", seconds)
    before = memory_mb([web])
    with _open_streams(session.installation) as read:
        mb = memory_mb([web]) - before
        idle = _cpu_of_waiting(web, seconds)
        read.messages = 0
        busy = _cpu_of_events(session, web, "live", seconds)
        messages = read.messages / STREAMS / seconds
    session.drain()
    return {
        "live.idle_cpu": idle,
        "live.mb": mb,
        "live.cpu": busy,
        "live.cpu_alone": alone,
        "live.messages": messages,
    }


def _cpu_of_waiting(web: psutil.Process, seconds: float) -> float:
    before = cpu_seconds(web)
    time.sleep(seconds)
    return 100 * (cpu_seconds(web) - before) / seconds


def _cpu_of_events(session: Session, web: psutil.Process, name: str, seconds: float) -> float:
    before = cpu_seconds(web)
    session.send_at(name, EVENTS_A_SECOND, seconds)
    return 100 * (cpu_seconds(web) - before) / seconds


class _Reader(threading.Thread):
    """Reads all streams as they come, and counts their messages."""

    def __init__(self, streams: list[socket.socket]) -> None:
        super().__init__(daemon=True)
        self.messages = 0
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        for each in streams:
            self._selector.register(each, selectors.EVENT_READ)

    def run(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(timeout=0.2):
                stream = key.fileobj
                if isinstance(stream, socket.socket):
                    self.messages += stream.recv(_READ_BYTES).count(b"data: ")

    def end(self) -> None:
        """Stop reading."""
        self._ended.set()
        self.join()
        self._selector.close()


@contextlib.contextmanager
def _open_streams(installation: Installation) -> Iterator[_Reader]:
    cookie = _signed_in(installation)
    with contextlib.ExitStack() as opened:
        streams = []
        for _ in range(STREAMS):
            stream = opened.enter_context(_stream(installation.port, cookie))
            streams.append(stream)
        reader = _Reader(streams)
        reader.start()
        opened.callback(reader.end)
        yield reader


def _stream(port: int, cookie: str) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", port), timeout=_OPEN_WITHIN_S)
    request = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
    stream.sendall(request.encode())
    if b" 200 " not in (head := stream.recv(_READ_BYTES)).partition(b"\r\n")[0]:
        raise CannotStart(f"/live answered {head[:80]!r}.")
    return stream


def _signed_in(installation: Installation) -> str:
    """The cookie of a viewer of the bench's team."""
    _make_watcher(installation)
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=_OPEN_WITHIN_S)
    form = urlencode({"email": _EMAIL, "password": _PASSWORD})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", "/sign-in", form, headers)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    found = re.match(r"[^;]+", answer.headers.get("Set-Cookie", ""))
    if found is None:
        raise CannotStart(f"POST /sign-in answered {answer.status} without a cookie.")
    return found[0]


def _make_watcher(installation: Installation) -> None:
    if (installation.path / "watcher").exists():
        return  # an earlier round made them
    command = f"python -m cli users create --team bench --role viewer --email {_EMAIL}"
    installation.command(f"sh -c 'printf %s \"{_PASSWORD}\" | {command} --name W --password-stdin'")
    (installation.path / "watcher").touch()
