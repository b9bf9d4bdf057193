"""Twice the sustained rate for a minute: what is accepted runs, what is not is told so, with a time
to come again, and soon after deliveries are answered as before. Measured once a run.
"""

import http.client
import time
from collections.abc import Mapping

from tests.bench import ledger, load
from tests.bench.deliveries import delivery_id
from tests.bench.figures.executions import search
from tests.bench.generator import ACCEPTED
from tests.bench.report import Row
from tests.bench.session import Session

ROWS = (
    Row("overload.other", "twice the sustained rate: answers that are neither 202 nor 429 nor 503",
        "", 0),
    Row("overload.accepted", "  accepted", "/s"),
    Row("overload.refused", "  refused with 429 or 503"),
    Row("overload.accept_p99", "  p99 of the answer", " ms"),
    Row("overload.unfinished", "  accepted, and not run in the end", "", 0),
    Row("overload.back", "  p99 of the answer as before, after", " s", 30, digits=1),
)  # fmt: skip
_REFUSED = (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE)
_PROBE_S = 2.0
_GIVE_UP_S = 60.0


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "overload" in session.details:
        return {}
    if session.sustained_rate is None:
        session.sustained_rate = search(session, None)
    usual_ms = _p99(session, "usual")
    rate = 2 * session.sustained_rate
    sent = session.send_at("overload", rate, session.sizes.overload_s)
    back_s = _seconds_until_back(session, usual_ms)
    session.drain()
    refused = load.others(sent)
    accepted = load.accepted(sent)
    ids = [
        delivery_id(sent.label, index)
        for index, status in enumerate(sent.statuses)
        if status == ACCEPTED
    ]
    found = ledger.in_database(ids, ids, session.database.kept(sent.label))
    told = f"{rate:,.0f}/s for {session.sizes.overload_s:g} s; p99 usually {usual_ms:,.0f} ms"
    session.details["overload"] = [told, f"refused: {refused or 'none'}"]
    return {
        "overload.other": sum(n for status, n in refused.items() if status not in _REFUSED),
        "overload.accepted": accepted / sent.elapsed_s,
        "overload.refused": sum(n for status, n in refused.items() if status in _REFUSED),
        "overload.accept_p99": load.percentile(load.answer_times_ms(sent), 0.99),
        "overload.unfinished": len(found.lost),
        "overload.back": back_s,
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
