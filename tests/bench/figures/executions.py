"""Completed executions a second: webhook, one condition, one HTTP call, all rows settled.

The rate is searched: deliveries come at a fixed rate whether or not the earlier ones are done. It
holds when all are accepted, what is unfinished at the end is less than one second's worth, and that
drains to nothing. Short probes narrow it down, a long run confirms it. What counts is the rows that
the database calls succeeded by the end of the run.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench import load
from tests.bench.generator import Sent
from tests.bench.report import Row, cpu_table
from tests.bench.session import Session

ROWS = (
    Row("executions.completed", "completed executions", "/s", 400, 1000, higher_is_better=True),
    Row("executions.backlog", "  unfinished when the last one was sent"),
    Row("executions.accept_p99", "  p99 of the answer at that rate", " ms", digits=1),
    Row("executions.seen_p99", "  p99 of send → seen by the target at that rate", " ms", digits=1),
)

_PROBES = 14
_CONFIRMATIONS = 6
_STEP_UP, _STEP_DOWN, _CLOSE_ENOUGH = 1.3, 0.75, 1.05
_AFTER_FAILURE = 0.94
_BACKLOG_SHARE = 0.1  # of a run's length: a probe is too short to grow one second's worth


@dataclass(frozen=True, slots=True)
class Trial:
    """One run at a fixed rate. `finished_s`: seconds after the start, in order."""

    rate: float
    seconds: float
    sent: Sent
    finished_s: Sequence[float]

    def finished_by(self, at_s: float) -> int:
        """How many executions had succeeded by then."""
        return bisect_right(self.finished_s, at_s)

    def backlog(self, at_s: float) -> float:
        """How many should have been sent by then, and had not finished."""
        return self.rate * at_s - self.finished_by(at_s)

    @property
    def holds(self) -> bool:
        """Whether the system can go on like this."""
        allowed_s = min(1.0, _BACKLOG_SHARE * self.seconds)
        accepted = not load.others(self.sent)
        complete = len(self.finished_s) == len(self.sent.statuses)
        return accepted and complete and self.backlog(self.seconds) < allowed_s * self.rate


def measure(session: Session) -> Mapping[str, float]:
    """One round. Leaves the rate for the figures that follow."""
    rate = search(session, session.sustained_rate)
    for _ in range(_CONFIRMATIONS):
        trial, cpu = _confirm(session, rate)
        if trial.holds:
            break
        rate *= _AFTER_FAILURE
    else:
        return dict.fromkeys((row.name for row in ROWS), float("nan"))
    session.sustained_rate = rate
    session.details["executions"] = cpu_table(
        f"processor time at {rate:,.0f} executions/s",
        cpu,
        seconds=trial.sent.elapsed_s,
        each_of=trial.finished_by(trial.seconds),
    )
    return _readings(session, trial)


def search(session: Session, near: float | None) -> float:
    """The highest rate that short probes find to hold."""
    held, failed = 0.0, 0.0
    rate = near or session.sizes.first_rate
    for _ in range(_PROBES):
        trial = run_trial(session, rate, session.sizes.probe_s)
        session.say(f"{rate:,.0f}/s {'holds' if trial.holds else 'does not hold'}")
        held, failed = (rate, failed) if trial.holds else (held, rate)
        if held and failed and failed / held < _CLOSE_ENOUGH:
            break
        rate = next_rate(held, failed)
    return held or rate


def next_rate(held: float, failed: float) -> float:
    """Which rate to try after `held` was the highest that held and `failed` the last that did not;
    0 for none so far."""
    if not failed:
        return held * _STEP_UP
    return (held * failed) ** 0.5 if held else failed * _STEP_DOWN


def run_trial(session: Session, rate: float, seconds: float) -> Trial:
    """Send at that rate, wait until all is done, look up when each finished."""
    return _trial(session, rate, seconds, session.send_at("rate", rate, seconds))


def _trial(session: Session, rate: float, seconds: float, sent: Sent) -> Trial:
    session.drain()
    started_s = sent.started_wall_ns / 1e9
    finished = session.database.finished_since(datetime.fromtimestamp(started_s, UTC))
    return Trial(rate, seconds, sent, [at - started_s for at in finished])


def _confirm(session: Session, rate: float) -> tuple[Trial, Mapping[str, float]]:
    seconds = session.sizes.sustained_s
    sent = session.send_at("sustained", rate, seconds)
    cpu = session.cpu_s
    trial = _trial(session, rate, seconds, sent)
    at = [f"{trial.backlog(seconds * share):,.0f}" for share in (1 / 3, 2 / 3, 1.0)]
    outcome = "holds" if trial.holds else "does not hold"
    session.say(f"{rate:,.0f}/s for {seconds:g} s {outcome}; unfinished {', '.join(at)}")
    return trial, cpu


def _readings(session: Session, trial: Trial) -> dict[str, float]:
    return {
        "executions.completed": trial.finished_by(trial.seconds) / trial.seconds,
        "executions.backlog": trial.backlog(trial.seconds),
        "executions.accept_p99": load.percentile(load.answer_times_ms(trial.sent), 0.99),
        "executions.seen_p99": load.percentile(session.sight_times_ms(trial.sent), 0.99),
    }
