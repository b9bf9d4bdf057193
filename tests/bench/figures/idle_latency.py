"""From send to seen by the target, when nothing else is going on."""

from collections.abc import Mapping

from tests.bench.load import percentile
from tests.bench.report import Row
from tests.bench.session import Session

ROWS = (
    Row("idle.p99", "send → seen by the target, idle, p99", " ms", 100, 30, digits=1),
    Row("idle.p50", "  p50", " ms", digits=1),
    Row("idle.p95", "  p95", " ms", digits=1),
    Row("idle.max", "  longest", " ms", digits=1),
)


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    rate, samples = session.sizes.idle_rate, session.sizes.idle_samples
    sent = session.send_at("idle", rate, samples / rate)
    session.drain()
    times = session.sight_times_ms(sent)
    return {
        "idle.p50": percentile(times, 0.5),
        "idle.p95": percentile(times, 0.95),
        "idle.p99": percentile(times, 0.99),
        "idle.max": percentile(times, 1.0),
    }
