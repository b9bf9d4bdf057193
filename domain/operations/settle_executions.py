"""Turns what an engine found out into what the database is told, many executions a commit."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain import metrics
from domain.batches import Batcher
from domain.engines.plan import Failed, Succeeded, Waits
from domain.pause_points import pause_at
from domain.rules.failures import (
    DEADLINE_EXCEEDED,
    UNKNOWN_OUTCOME,
    UNSEEN_ENDS,
    fingerprint,
    kind_of_failure,
)
from domain.rules.retries import Failure, Retry, RetryPolicy, decide_retry
from domain.rules.step_results import StepResult
from domain.store import executions
from domain.store.database import Contended, Row, Unavailable
from domain.store.executions import Settled, Settlement

MOST_A_COMMIT = 100
COMMITS_AT_ONCE = 2
MOST_WAITING = 10_000
REST_S = 0.006
# Less than a lease in all: after that somebody else tries again anyway.
RETRY_AFTER_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


class Settler:
    """The settle commits of one worker process."""

    def __init__(
        self,
        announce: Callable[..., None],
        ring_chains: Callable[[], None] = lambda: None,
        open_gates: Callable[[Collection[UUID]], None] = lambda _left: None,
    ) -> None:
        """`announce(team_id, *topics)`, `ring_chains()` (triggers wait for an end) and
        `open_gates(gate_ids)` (executions have left them) neither block nor fail."""
        self._announce = announce
        self._ring_chains = ring_chains
        self._open_gates = open_gates
        self._commits: Batcher[Settlement, bool] = Batcher(
            self._commit,
            most=MOST_A_COMMIT,
            passes=COMMITS_AT_ONCE,
            waiting=MOST_WAITING,
            rest_s=REST_S,
            outages=Unavailable,
        )

    def start(self) -> None:
        """Start committing, on the running event loop."""
        self._commits.start()

    async def close(self) -> None:
        """Commit what is waiting, then end."""
        await self._commits.close()

    async def settle(self, settlement: Settlement) -> bool:
        """Write it down; False when the execution belongs to somebody else by now."""
        return await self._commits.submit(settlement)

    async def _commit(self, batch: Sequence[Settlement]) -> list[bool]:
        await pause_at("settle.before_commit")
        owned, watched, left = await _write_within_patience(batch)
        await pause_at("settle.after_commit")
        if watched:
            self._ring_chains()
        self._open_gates(left)
        metrics.LEASES_LOST.inc(sum(one.execution_id not in owned for one in batch))
        for one in (one for one in batch if one.execution_id in owned):
            _count(one)
            self._announce(
                one.team_id,
                "executions",
                f"execution:{one.execution_id}",
                f"trigger:{one.trigger_id}",
            )
        return [one.execution_id in owned for one in batch]


def _count(one: Settlement) -> None:
    """Count the end of an attempt; a step put on record on the way is none."""
    if one.attempt_state is None:
        return
    metrics.EXECUTIONS_SETTLED.labels(one.state).inc()
    if one.started_at and one.finished_at:
        metrics.ATTEMPT_SECONDS.observe((one.finished_at - one.started_at).total_seconds())


async def _write_within_patience(batch: Sequence[Settlement]) -> Settled:
    """Write; which executions were still ours.

    While the database is away for a moment the results are kept: without them the calls would
    have to be made again.
    """
    for pause in RETRY_AFTER_S:
        try:
            return await executions.settle(batch)
        except (*Unavailable, *Contended):
            await asyncio.sleep(pause)
    return await executions.settle(batch)


def ended(
    row: Row,
    outcome: Succeeded | Failed,
    policy: RetryPolicy,
    finished_at: datetime,
    luck: Callable[[], float],
) -> Settlement:
    """The end of the attempt that `row` claimed. `luck` draws from [0, 1) for the jitter. `policy`
    is that of the step that failed; it bounds the failures of this step alone, and lost workers
    are none of them.
    """
    attempt_ended = replace(_with_steps(row, outcome.results), finished_at=finished_at)
    if isinstance(outcome, Succeeded):
        return replace(attempt_ended, state="succeeded", attempt_state="succeeded")
    tries = row["tries"] + 1 if row["tries_at"] == outcome.position else 1
    failed = replace(
        attempt_ended,
        attempt_state="unknown" if outcome.reason == UNKNOWN_OUTCOME else "failed",
        reason=outcome.reason,
        message=outcome.message,
        tries=tries,
        tries_at=outcome.position,
        error=outcome.message,
    )
    return _with_fingerprint(row, outcome, _what_follows(row, outcome, policy, failed, luck))


def _what_follows(
    row: Row, outcome: Failed, policy: RetryPolicy, failed: Settlement, luck: Callable[[], float]
) -> Settlement:
    """The failed attempt with the state that follows it."""
    now, deadline = failed.finished_at, row["deadline_at"]
    assert now is not None  # `ended` says when.
    late = replace(failed, state="dead", reason=DEADLINE_EXCEEDED)
    if outcome.held:
        return late if deadline and now >= deadline else replace(failed, state="unknown")
    if outcome.reason == DEADLINE_EXCEEDED:
        return late
    kind = kind_of_failure(outcome.reason, outcome.status)
    failure = Failure(kind, outcome.retryable, outcome.retry_after_s)
    decision = decide_retry(policy, failed.tries or 1, failure, now, luck, deadline=deadline)
    if isinstance(decision, Retry):
        return replace(failed, state="retrying", delay_s=(decision.at - now).total_seconds())
    if decision.reason == DEADLINE_EXCEEDED:
        return late
    return replace(failed, state="failed" if decision.reason == "not_retryable" else "dead")


def _with_fingerprint(row: Row, outcome: Failed, settlement: Settlement) -> Settlement:
    key = outcome.results[-1].key if outcome.results else None
    reason = settlement.reason or outcome.reason
    made = fingerprint(row["workflow_id"], key, reason, outcome.status, outcome.message)
    return replace(settlement, fingerprint=made)


def waited(row: Row, outcome: Waits, finished_at: datetime) -> Settlement:
    """An attempt that stopped before a destination that is not available. It is none of the tries;
    one that did nothing else is no attempt at all, and what is known of the one before stays."""
    unseen = row["reason"] in UNSEEN_ENDS
    waits = replace(
        _of(row),
        state="retrying",
        reason=outcome.reason if outcome.recorded or not unseen else row["reason"],
        delay_s=outcome.delay_s,
        waits_for=outcome.reason,
        waits_on=outcome.waits_on,
        finished_at=finished_at,
    )
    if outcome.recorded:
        return replace(waits, attempt_state="waited")
    return replace(waits, uncounted=True)


def released(row: Row, now: datetime) -> Settlement:
    """An attempt whose end a stopping worker could not wait for: due again at once."""
    return replace(
        _of(row),
        state="retrying",
        reason="worker_stopped",
        delay_s=0.0,
        attempt_state="unknown",
        message="The worker was stopped before it saw the answer.",
        finished_at=now,
    )


def on_record(row: Row, step: StepResult) -> Settlement:
    """A finished step put on record while the execution goes on; prolongs the lease."""
    return _with_steps(row, (step,))


def _with_steps(row: Row, steps: Sequence[StepResult]) -> Settlement:
    return replace(_of(row), steps=steps, maybe_twice=any(step.again for step in steps))


def _of(row: Row) -> Settlement:
    return Settlement(
        execution_id=row["id"],
        team_id=row["team_id"],
        trigger_id=row["trigger_id"],
        fence=row["fence"],
        attempt=row["attempt"],
        state="running",
        started_at=row["attempt_started_at"],
    )
