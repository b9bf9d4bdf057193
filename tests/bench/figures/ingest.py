"""Accepted webhooks a second, over what an empty POST handler of the same server answers.

Both are sent the same requests by the same generator over as many connections, in turns, so that
whatever else the machine does meets both. Worker and clock are stopped meanwhile: this is about the
door. What was accepted is judged and run afterwards, and counts in the ledger.
"""

from collections.abc import Mapping
from statistics import median

from tests.bench import load
from tests.bench.calibration import MOST_PER_SECOND, empty_rate
from tests.bench.generator import Sent
from tests.bench.report import Row, cpu_table
from tests.bench.session import Session

ROWS = (
    Row(
        "ingest.ratio",
        "accepted webhooks/s ÷ empty POST handler",
        must=0.5,
        aim=0.75,
        higher_is_better=True,
        digits=2,
    ),
    Row("ingest.accepted", "  accepted webhooks, worker and clock stopped", "/s"),
    Row("ingest.empty", "  empty POST handler", "/s"),
    Row("ingest.p99", "  p99 of the answer, 64 connections always busy", " ms", digits=1),
    Row("ingest.refused", "  answers other than 202"),
    Row("ingest.caught_up", "  then judged and run, nothing else going on", "/s"),
)


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    session.installation.stop("worker", "clock")
    try:
        empty, hooks = _in_turns(session)
    finally:
        session.installation.start("worker", "clock")
    caught_up = sum(map(load.accepted, hooks)) / session.drain()
    accepted = [load.accepted(sent) / sent.elapsed_s for sent in hooks]
    times = [time for sent in hooks for time in load.answer_times_ms(sent)]
    return {
        "ingest.ratio": median(a / b for a, b in zip(accepted, empty, strict=True)),
        "ingest.accepted": median(accepted),
        "ingest.empty": median(empty),
        "ingest.p99": load.percentile(times, 0.99),
        "ingest.refused": sum(sum(load.others(sent).values()) for sent in hooks),
        "ingest.caught_up": caught_up,
    }


def _in_turns(session: Session) -> tuple[list[float], list[Sent]]:
    seconds = session.sizes.ingest_slice_s
    count = round(MOST_PER_SECOND * seconds)
    empty: list[float] = []
    hooks: list[Sent] = []
    with session.installation.empty_app():
        for _ in range(session.sizes.ingest_slices):
            empty.append(empty_rate(session, "/empty", seconds))
            hooks.append(session.send("ingest", count=count, seconds=seconds))
            _note_cpu(session, hooks[-1])
    return empty, hooks


def _note_cpu(session: Session, sent: Sent) -> None:
    session.details["ingest"] = cpu_table(
        "processor time while webhooks come as fast as they are accepted",
        session.cpu_s,
        seconds=sent.elapsed_s,
        each_of=load.accepted(sent),
    )
