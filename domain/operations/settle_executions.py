"""Turns what an engine found out into what the database is told, many executions a commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from domain import metrics
from domain.batches import Batcher
from domain.engines.plan import Failed, Succeeded
from domain.pause_points import pause_at
from domain.rules.retries import GiveUp, RetryPolicy, decide_retry
from domain.rules.step_results import StepResult
from domain.store import executions
from domain.store.database import Row, Unavailable
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
        self, announce: Callable[..., None], ring_chains: Callable[[], None] = lambda: None
    ) -> None:
        """`announce(team_id, *topics)` and `ring_chains()` (triggers wait for an end) neither block
        nor fail."""
        self._announce = announce
        self._ring_chains = ring_chains
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
        owned, watched = await _write_within_patience(batch)
        await pause_at("settle.after_commit")
        if watched:
            self._ring_chains()
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
        except Unavailable:
            await asyncio.sleep(pause)
    return await executions.settle(batch)


def ended(
    row: Row,
    outcome: Succeeded | Failed,
    policy: RetryPolicy,
    finished_at: datetime,
    luck: Callable[[], float],
) -> Settlement:
    """The end of the attempt that `row` claimed. `luck` draws from [0, 1) for the jitter.

    An attempt whose worker was lost counts as none of the tries that the policy allows.
    """
    attempt_ended = replace(_of(row), finished_at=finished_at, steps=outcome.results)
    if isinstance(outcome, Succeeded):
        return replace(attempt_ended, state="succeeded", attempt_state="succeeded")
    failed = replace(
        attempt_ended, attempt_state="failed", reason=outcome.reason, message=outcome.message
    )
    tries = row["attempt"] - row["lost_leases"]
    decision = decide_retry(policy, tries, outcome.retryable, finished_at, luck)
    if isinstance(decision, GiveUp):
        return replace(failed, state="dead" if outcome.retryable else "failed")
    return replace(failed, state="retrying", delay_s=(decision.at - finished_at).total_seconds())


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
    return replace(_of(row), steps=(step,))


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
