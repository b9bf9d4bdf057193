"""More than can be borne: what is accepted runs, what is not is told when to come again, and soon
after deliveries are answered as before. Measured once a run, in two ways:

- twice the sustained rate of executions for a minute, in an open model: the door has room for it,
  the workers have not;
- a flood: eight thousand senders for a minute, each of which sends its next delivery when the last
  one was answered, also with a refusal: more than the door has room for.
"""

import time
from collections.abc import Mapping

from tests.bench import ledger, load
from tests.bench.calibration import MOST_PER_SECOND
from tests.bench.connection import REFUSED
from tests.bench.deliveries import delivery_id
from tests.bench.figures.executions import search
from tests.bench.generator import ACCEPTED, Sent
from tests.bench.report import Row
from tests.bench.session import Session

_SENDERS = 8_000
_PROBE_S = 2.0
_GIVE_UP_S = 60.0
_DRAINED_WITHIN_S = 900.0


def _rows(name: str, what: str) -> tuple[Row, ...]:
    return (
        Row(f"{name}.other", f"{what}: answers that are neither 202 nor 429 nor 503", "", 0),
        Row(f"{name}.accepted", "  accepted", "/s"),
        Row(f"{name}.refused", "  refused with 429 or 503", "/s"),
        Row(f"{name}.left_open", "  refusals that do not say when to come again", "", 0),
        Row(f"{name}.accept_p99", "  p99 of the answer to what was accepted", " ms"),
        Row(f"{name}.unfinished", "  accepted, and not run in the end", "", 0),
        Row(f"{name}.back", "  p99 of the answer as before, after", " s", 30, digits=1),
    )


ROWS = (
    *_rows("overload", "twice the sustained rate"),
    *_rows("flood", f"a flood of {_SENDERS:,} senders"),
)


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "overload" in session.details:
        return {}
    if session.sustained_rate is None:
        session.sustained_rate = search(session, None)
    usual_ms = _p99(session, "usual")
    seconds = session.sizes.overload_s
    session.details["overload"] = [f"p99 at half of the sustained rate: {usual_ms:,.0f} ms"]
    rate = 2 * session.sustained_rate
    found = _found(session, session.send_at("overload", rate, seconds), usual_ms)
    count = round(MOST_PER_SECOND * seconds)
    flood = session.send("flood", count=count, seconds=seconds, connections=_SENDERS)
    return found | _found(session, flood, usual_ms)


def _found(session: Session, sent: Sent, usual_ms: float) -> dict[str, float]:
    """What became of what was sent, once all of it has run."""
    name = sent.label.partition("-")[2]
    back_s = _seconds_until_back(session, usual_ms)
    run_s = back_s + session.drain(_DRAINED_WITHIN_S)
    others = load.others(sent)
    refused = sum(others.get(status, 0) for status in REFUSED)
    ids = [
        delivery_id(sent.label, index)
        for index, status in enumerate(sent.statuses)
        if status == ACCEPTED
    ]
    kept = ledger.in_database(ids, ids, session.database.kept(sent.label))
    times = len(sent.statuses) / sent.elapsed_s / (session.sustained_rate or 1)
    session.details["overload"].append(
        f"{name}: {times:.1f} times the sustained rate for {sent.elapsed_s:.0f} s; all that was "
        f"accepted had run {run_s:,.0f} s later; answers but 202: {others or 'none'}"
    )
    return {
        f"{name}.other": sum(others.values()) - refused,
        f"{name}.accepted": len(ids) / sent.elapsed_s,
        f"{name}.refused": refused / sent.elapsed_s,
        f"{name}.left_open": sent.left_open,
        f"{name}.accept_p99": load.percentile(load.answer_times_ms(sent), 0.99),
        f"{name}.unfinished": len(kept.lost),
        f"{name}.back": back_s,
    }


def _p99(session: Session, name: str) -> float:
    sent = session.send_at(name, (session.sustained_rate or 0) / 2, _PROBE_S)
    return load.percentile(load.answer_times_ms(sent), 0.99)


def _seconds_until_back(session: Session, usual_ms: float) -> float:
    """Until a probe at half rate is answered within 1.5 times of what is usual."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < _GIVE_UP_S:
        if _p99(session, "back") <= 1.5 * usual_ms:
            return passed
    return passed
