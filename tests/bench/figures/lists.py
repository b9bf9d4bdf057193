"""The lists and their filters over a million events, through the pages and the API.

Two databases of their own are filled by SQL, a small and a large one; each is asked by a web
process of its own, so that nothing else the bench does gets into the figures. Every path is asked
several times; a time is from the request until the whole page was read. The statistics of
PostgreSQL tell afterwards whether any of it was read by a sequential scan. Measured once a run: it
is not a matter of load.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import httpx

from cli.processes import CannotStart
from domain.clock import utc_now
from domain.rules.ids import first_id_at
from tests.bench.filling import TEAM, Filled, filled, sequentially_read
from tests.bench.load import percentile
from tests.bench.report import Row, aligned
from tests.bench.session import Session

SMALL = 10_000
DEEP = timedelta(days=6)
ROWS = (
    Row("lists.p95", "lists of 1,000,000 events, the slowest filter's p95", " ms", 300),
    Row("lists.ratio", "  ÷ the same with 10,000 events, medians, largest", must=3, digits=2),
    Row("lists.sequential", "  rows read by sequential scans", must=0),
    Row("lists.median", "  median over all filters", " ms", digits=1),
)

_TRIGGERS = {"busy": "Trigger 1", "old": "Trigger 100"}
_PAGES = {
    "triggers": "/triggers",
    "triggers, failing": "/triggers?health=failing",
    "events": "/events",
    "events, deep": "/events?after={deep}",
    "events of a busy trigger": "/events?trigger={busy}",
    "events of a trigger that is quiet": "/events?trigger={old}",
    "events in error": "/events?verdict=error",
    "events in error, deep": "/events?verdict=error&after={deep}",
    "events of several verdicts": "/events?verdict=error&verdict=fired&verdict=pending",
    "events in error of one trigger": "/events?verdict=error&trigger={busy}",
    "events of 24 hours": "/events?within=24h&verdict=duplicate",
    "events by title": "/events?title=shipped",
    "events by a title that none has": "/events?title=nothing+like+it",
    "events by sender's id": "/events?sender_id=delivery-5",
    "events by payload": "/events?path=%24.order.lines%5B*%5D.sku&equals=sku-7",
    "events by a payload that none has": "/events?path=%24.customer.name&equals=nobody",
    "executions": "/executions",
    "executions, deep": "/executions?after={deep}",
    "dead executions": "/executions?state=dead",
    "executions of several states": "/executions?state=dead&state=failed&state=running",
    "succeeded executions": "/executions?state=succeeded",
    "executions of a workflow": "/executions?workflow={workflow}",
    "dead ones of a workflow": "/executions?workflow={workflow}&state=dead",
    "executions of a quiet trigger": "/executions?trigger={old}&state=failed",
    "executions of a kind": "/executions?kind=webhook",
    "API: events": "/api/v1/events?limit=200",
    "API: events in error": "/api/v1/events?verdict=error&verdict=paused",
    "API: executions": "/api/v1/executions?state=dead&state=failed&limit=200",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How long each path took, in milliseconds, and how many rows were read sequentially."""

    times: Mapping[str, list[float]]
    sequential: int
    filled_s: float


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "lists" in session.details:
        return {}
    small = _ask(session, SMALL)
    large = _ask(session, session.sizes.list_events)
    ratios = {name: median(large.times[name]) / median(small.times[name]) for name in _PAGES}
    worst = {name: percentile(times, 0.95) for name, times in large.times.items()}
    session.details["lists"] = list(_details(session, small, large, ratios))
    return {
        "lists.p95": max(worst.values()),
        "lists.ratio": max(ratios.values()),
        "lists.sequential": float(large.sequential),
        "lists.median": median(median(times) for times in large.times.values()),
    }


def _ask(session: Session, amount: int) -> Asked:
    session.say(f"filling {amount:,} events")
    begun = time.monotonic()
    with filled(session.installation, amount) as data:
        seconds = time.monotonic() - begun
        before = sequentially_read(data)
        with session.installation.web_of(data.url) as port, _signed_in(port, data) as client:
            times = {name: _times(client, path, data, session) for name, path in _PAGES.items()}
        # The processes that asked have ended, so PostgreSQL has counted all that they read.
        return Asked(times, sequentially_read(data) - before, seconds)


def _times(client: httpx.Client, path: str, data: Filled, session: Session) -> list[float]:
    where = {name: data.triggers[trigger] for name, trigger in _TRIGGERS.items()}
    address = path.format(**where, workflow=data.workflow, deep=_deep(data.now))
    times = [_time(client, address) for _ in range(session.sizes.list_samples + 2)]
    return times[2:]  # the first ones prepare statements


def _deep(now: datetime) -> str:
    return str(first_id_at(now - DEEP))


def _time(client: httpx.Client, address: str) -> float:
    begun = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - begun) * 1e3
    if answer.status_code != httpx.codes.OK:
        raise CannotStart(f"GET {address} answered {answer.status_code}: {answer.text[:500]}")
    return took


@contextmanager
def _signed_in(port: int, data: Filled) -> Iterator[httpx.Client]:
    """Somebody with a session for the pages and a key for the API."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        form = {"email": data.email, "password": data.password}
        if client.post("/sign-in", data=form).status_code != httpx.codes.SEE_OTHER:
            raise CannotStart(f"nobody could sign in to the team {TEAM}")
        client.headers["authorization"] = f"Bearer {data.key}"
        yield client


def _details(
    session: Session, small: Asked, large: Asked, ratios: Mapping[str, float]
) -> Iterator[str]:
    amount = session.sizes.list_events
    yield (
        f"lists, {session.sizes.list_samples} requests each, {utc_now():%Y-%m-%d}; "
        f"{amount:,} events were filled in within {large.filled_s:.0f} s"
    )
    head = ("list", f"p95 of {amount:,}", "median", f"median of {SMALL:,}", "ratio", "")
    lines = [head]
    for name, times in large.times.items():
        few = median(small.times[name])
        p95 = percentile(times, 0.95)
        lines.append((name, f"{p95:.0f} ms", f"{median(times):.0f} ms", f"{few:.0f} ms",
                      f"{ratios[name]:.2f}", ""))  # fmt: skip
    yield from (f"  {line}" for line in aligned(lines))
