"""A backtest of five clauses against five, end to end, and the form's answer while one types.

The backtest goes through the API, the bell, the worker and PostgreSQL as anyone's does; the time is
its own, from when it was taken up until it ended. The answer is that of a browser's request on an
event of 100 KB, with the session, the form's fields and the headers that htmx sends. Measured once
a run.
"""

import time
from collections.abc import Mapping
from datetime import datetime

from cli.processes import CannotStart
from tests.bench.evaluators import CLAUSES
from tests.bench.history import Past, make_past
from tests.bench.load import percentile
from tests.bench.report import Row
from tests.bench.session import Session

ROWS = (
    Row("backtest.rate", "backtest, five clauses against five, 1 KB", " events/s", 10_000,
        higher_is_better=True),
    Row("form.p95", "the form's answer while one types, event of 100 KB, p95", " ms", 150,
        digits=1),
    Row("form.p50", "  p50", " ms", digits=1),
    Row("form.rates", "  how often each clause passes over 1,000 events, p50", " ms", digits=1),
)  # fmt: skip
_ENDS_WITHIN_S = 120.0
_SAYS = {"condition-trials": "Would fire", "clause-rates": "of 1,000"}
_PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "p#trial-verdict"}


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "backtest" in session.details:
        return {}
    amount = session.sizes.history_events
    session.say(f"filling {amount:,} events of one trigger")
    past = make_past(session, amount)
    rates = [_events_a_second(past, amount) for _ in range(3)]
    trials = _times_ms(session, past, "condition-trials")
    counts = _times_ms(session, past, "clause-rates")
    session.details["backtest"] = [
        f"backtests of {amount:,} events: " + ", ".join(f"{rate:,.0f}" for rate in rates) + " /s",
        f"form: {len(trials)} answers, {min(trials):.0f} to {max(trials):.0f} ms",
    ]
    return {
        "backtest.rate": sorted(rates)[1],
        "form.p95": percentile(trials, 0.95),
        "form.p50": percentile(trials, 0.5),
        "form.rates": percentile(counts, 0.5),
    }


def _events_a_second(past: Past, amount: int) -> float:
    edited = {"any": [CLAUSES, {"path": "$.order.total", "op": "lt", "value": 60}]}
    started = past.post(
        f"/triggers/{past.trigger}/backtests", {"conditions": edited, "last": amount}
    )
    limit, seen = time.monotonic() + _ENDS_WITHIN_S, started
    while seen["state"] in {"queued", "running"} and time.monotonic() < limit:
        time.sleep(0.2)
        seen = past.get(f"/triggers/{past.trigger}/backtests/{started['id']}")
    if seen["state"] != "done":
        raise CannotStart(f"the backtest did not end: {seen}")
    return _rate(seen, amount)


def _rate(seen: Mapping[str, str | int], amount: int) -> float:
    if seen["judged"] != amount or not seen["newly_fires"]:
        raise CannotStart(f"the backtest did not judge everything: {seen}")
    began, ended = (
        datetime.fromisoformat(str(seen[name])) for name in ("started_at", "finished_at")
    )
    return amount / (ended - began).total_seconds()


def _times_ms(session: Session, past: Past, part: str) -> list[float]:
    fields = past.form()
    times = []
    for number in range(session.sizes.form_samples + 2):
        fields["conditions.1.value"] = str(100 + number)  # as if somebody typed
        begun = time.perf_counter()
        answer = past.client.post(f"/triggers/{past.trigger}/{part}", data=fields, headers=_PART)
        times.append((time.perf_counter() - begun) * 1e3)
        if not answer.is_success or _SAYS[part] not in answer.text:
            raise CannotStart(f"{part} answered {answer.status_code}: {answer.text[:500]}")
    return times[2:]  # the first ones prepare statements
