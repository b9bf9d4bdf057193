"""What a destination that hangs takes from the others: a tenth of all deliveries leads to calls
that are accepted and never answered; the others' calls that their target saw in time, over those of
a run in which that tenth is answered at once. In turns.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import httpx

from tests.bench import load
from tests.bench.deliveries import Door, delivery_id
from tests.bench.flow import door_of, paid_orders
from tests.bench.generator import Plan, Sent
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import answer_of, make_team

ROWS = (
    Row(
        "hung.ratio",
        "others' calls/s, a tenth of the destinations hung ÷ none",
        must=0.9,
        higher_is_better=True,
        digits=2,
    ),
    Row("hung.with", "  with", "/s"),
    Row("hung.without", "  without", "/s"),
)
_TENTH = 0.1
_HANGS_S = 30
_SECRET = "one of the doors whose calls lead somewhere else"
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Hung:
    """A server that the system accepts connections for, and that answers only once it may."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port: int = self._socket.getsockname()[1]

    def answer(self) -> None:
        """From now on every call is answered."""
        threading.Thread(target=self._answer_all, daemon=True).start()

    def _answer_all(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=_answer_one, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Refuse further connections."""
        self._socket.close()


def _answer_one(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        connection.settimeout(5)
        connection.recv(65_536)
        connection.sendall(_ANSWER)


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    rate = (session.sustained_rate or session.sizes.first_rate) * 0.8
    seconds = session.sizes.sustained_s
    rates: dict[str, list[float]] = {"with": [], "without": []}
    for name in ("without", "with"):
        with _tenth(session, hangs=name == "with") as door:
            rates[name].append(_run(session, rate, seconds, door))
            session.say(f"{name}: {rates[name][-1]:,.0f}/s of {rate * (1 - _TENTH):,.0f}/s")
        session.drain()
    pairs = zip(rates["with"], rates["without"], strict=True)
    return {
        "hung.ratio": median(a / b for a, b in pairs),
        "hung.with": median(rates["with"]),
        "hung.without": median(rates["without"]),
    }


def _run(session: Session, rate: float, seconds: float, tenth: Door) -> float:
    """The others' calls a second that their target saw before the last delivery was sent."""
    few, most = round(rate * seconds * _TENTH), round(rate * seconds * (1 - _TENTH))
    # Not of the ledger: the target never sees them.
    plan = Plan(tenth, session.label("tenth"), few, seconds, rate * _TENTH)
    with ThreadPoolExecutor(1) as beside:
        hung = beside.submit(load.send, plan)
        sent = session.send("others", count=most, seconds=seconds, rate=rate * (1 - _TENTH))
        hung.result()
    return _seen_in_time(session, sent) / seconds


def _seen_in_time(session: Session, sent: Sent) -> int:
    until = max(sent.due_ns)
    ids = {delivery_id(sent.label, index) for index in range(len(sent.statuses))}
    return len({call.id for call in session.calls() if call.id in ids and call.mono_ns <= until})


@contextlib.contextmanager
def _tenth(session: Session, *, hangs: bool) -> Iterator[Door]:
    """Where the tenth is sent; what hung is answered in the end, so that nothing is left over."""
    server = Hung()
    if not hangs:
        server.answer()
    with contextlib.closing(make_team(session, session.label("hung"))) as client:
        step = {
            "key": "notify", "kind": "http", "method": "POST", "timeout_s": _HANGS_S,
            "url": f"http://127.0.0.1:{server.port}/",
        }  # fmt: skip
        made = client.post("/api/v1/workflows", json={"name": "Elsewhere", "steps": [step]})
        trigger = answer_of(
            client.post("/api/v1/triggers", json=paid_orders(answer_of(made)["id"], _SECRET))
        )
        yield door_of(session.installation, trigger, _SECRET)
        if hangs:
            server.answer()
            _reset_breakers(client)
        session.drain()
    server.close()


def _reset_breakers(client: httpx.Client) -> None:
    for one in answer_of(client.get("/api/v1/destinations"))["items"]:
        answer_of(client.post(f"/api/v1/destinations/{one['id']}/reset"))
