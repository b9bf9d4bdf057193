"""The service that the demo team's workflows call: `python -m cli.demo_target`.

It listens on 127.0.0.1:$DEMO_TARGET_PORT. `POST /notify` always succeeds, `POST /flaky` fails every
third time, and `GET /` shows the last 50 calls, so that one sees what Signalbox really sent.
"""

import html
import json
import os
import signal
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from domain.clock import utc_now

SHOWN = 50
SHOWN_BODY = 2_000
MAX_BODY = 1_048_576

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Demo target</title>
</head>
<body>
<h1>Demo target</h1>
<p>The demo's workflows call this service. POST /notify always succeeds; POST /flaky fails every
third time. These are the last {shown} of {total} calls, the newest first. Reload to see more.</p>
<table>
<thead>
<tr><th>Received (UTC)</th><th>Call</th><th>Answer</th><th>Idempotency-Key</th><th>Body</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came, and what it was answered."""

    at: datetime
    path: str
    status: int
    key: str
    body: str


class DemoTarget(ThreadingHTTPServer):
    """The server with its memory: the last calls, how many there were, how often /flaky was met."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.calls: deque[Call] = deque(maxlen=SHOWN)
        self.total = 0
        self._flaky = 0
        self._lock = threading.Lock()

    def answer(self, path: str, key: str, body: str) -> tuple[int, int]:
        """Remember one POST: the status to answer with, and how many calls there were."""
        with self._lock:
            status = HTTPStatus.OK
            if path == "/flaky":
                self._flaky += 1
                status = HTTPStatus.OK if self._flaky % 3 else HTTPStatus.INTERNAL_SERVER_ERROR
            self.total += 1
            self.calls.appendleft(Call(utc_now(), path, status, key, body[:SHOWN_BODY]))
            return status, self.total

    def page(self) -> str:
        """The last calls as HTML, everything in them escaped."""
        with self._lock:
            calls, total = tuple(self.calls), self.total
        return PAGE.format(shown=len(calls), total=total, rows="\n".join(map(_row, calls)))


def _row(call: Call) -> str:
    cells = (f"{call.at:%H:%M:%S}", f"POST {call.path}", str(call.status), call.key, call.body)
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"


class Handler(BaseHTTPRequestHandler):
    """One connection to the demo target."""

    server: DemoTarget
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = (
        -1
    )  # Head and body in one packet: apart, the second one waits for an acknowledgement.

    def do_GET(self) -> None:
        """The page, at `/`."""
        if self.path == "/":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page())
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "not_found"})

    def do_POST(self) -> None:
        """`/notify` and `/flaky`."""
        body = self._body()
        if body is None:
            return
        if self.path not in ("/notify", "/flaky"):
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "not_found"})
            return
        key = self.headers.get("Idempotency-Key", "")
        status, number = self.server.answer(self.path, key, body)
        self._send_json(status, {"ok": status == HTTPStatus.OK, "call": number})

    def _body(self) -> str | None:
        """The body as text, or None when its length is unusable, which has been answered."""
        length = self.headers.get("Content-Length", "0")
        if length.isascii() and length.isdigit() and int(length) <= MAX_BODY:
            return self.rfile.read(int(length)).decode("utf-8", "replace")
        self.close_connection = True
        self._send_json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": "too_large"})
        return None

    def _send_json(self, status: int, answer: dict[str, object]) -> None:
        self._send(status, "application/json", json.dumps(answer))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
        """Say nothing: the page is the log."""


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    port = os.environ.get("DEMO_TARGET_PORT", "")
    if not port.isdigit():
        raise SystemExit("DEMO_TARGET_PORT must name the port to listen on.")
    server = DemoTarget(int(port))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: _stop(server))
    with server:
        server.serve_forever(poll_interval=0.2)


def _stop(server: DemoTarget) -> None:
    # In a thread, as shutdown() waits for the loop that the signal has interrupted.
    threading.Thread(target=server.shutdown).start()


if __name__ == "__main__":
    main()
