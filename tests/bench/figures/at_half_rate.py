"""From send to seen by the target, at half of the rate that holds."""

from collections.abc import Mapping

from tests.bench import load
from tests.bench.figures.executions import search
from tests.bench.report import Row
from tests.bench.session import Session

ROWS = (
    Row("half.p95", "send → seen by the target, half of that rate, p95", " ms", 200, digits=1),
    Row("half.p99", "  p99", " ms", aim=200, digits=1),
    Row("half.p50", "  p50", " ms", digits=1),
    Row("half.max", "  longest", " ms", digits=1),
    Row("half.accept_p99", "  p99 of the answer", " ms", digits=1),
)


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    if session.sustained_rate is None:
        session.sustained_rate = search(session, None)
    sent = session.send_at("half", session.sustained_rate / 2, session.sizes.half_s)
    session.drain()
    times = session.sight_times_ms(sent)
    return {
        "half.p50": load.percentile(times, 0.5),
        "half.p95": load.percentile(times, 0.95),
        "half.p99": load.percentile(times, 0.99),
        "half.max": load.percentile(times, 1.0),
        "half.accept_p99": load.percentile(load.answer_times_ms(sent), 0.99),
    }
