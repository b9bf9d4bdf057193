"""Executions that nobody will run to their end: whose worker is gone, or whose time is over.

As everywhere, an update names the state that it expects; who is late changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.store import chains
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.executions import attempt_id


async def expired(most: int) -> Sequence[Row]:
    """Lock executions whose lease ran out: their worker is gone. Inside a transaction only."""
    return await fetch(
        "SELECT id, team_id, trigger_id, workflow_id, attempt, lost_leases, attempt_started_at "
        "FROM execution WHERE state = 'running' AND lease_until < now() "
        "ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED",
        most,
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of an execution, and why; `error` and `fingerprint` for who looks for others
    that went the same way."""

    execution_id: UUID
    state: str
    reason: str
    error: str
    fingerprint: str


async def give_up_lease(ending: Ending) -> None:
    """Take an execution with an expired lease from whoever had it: the fence rises, so a late
    settle changes nothing. Its unfinished attempt is on record as unknown."""
    row = await fetch_one(
        "UPDATE execution SET state = $2, reason = $3, fence = fence + 1, lease_until = NULL, "
        "lost_leases = lost_leases + 1, due_at = now(), "
        "finished_at = CASE WHEN $2 = 'dead' THEN now() END, "
        "first_error = coalesce(first_error, $4), last_error = $4, fingerprint = $5 "
        "WHERE id = $1 AND state = 'running' AND lease_until < now() "
        "RETURNING team_id, attempt, attempt_started_at",
        ending.execution_id,
        ending.state,
        ending.reason,
        ending.error,
        ending.fingerprint,
    )
    if row is None:
        return
    await execute(
        "INSERT INTO attempt (id, team_id, execution_id, number, state, reason, started_at, "
        "finished_at) VALUES ($1, $2, $3, $4, 'unknown', $5, $6, now()) "
        "ON CONFLICT (id) DO NOTHING",
        attempt_id(ending.execution_id, row["attempt"]),
        row["team_id"],
        ending.execution_id,
        row["attempt"],
        ending.reason,
        row["attempt_started_at"],
    )
    await chains.note_ends([ending.execution_id])


OVERDUE = """
SELECT id, team_id, trigger_id, workflow_id, last_error FROM execution
WHERE deadline_at < now() AND state IN ('queued', 'retrying', 'unknown')
ORDER BY deadline_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""


async def overdue(most: int) -> Sequence[Row]:
    """Lock executions whose deadline has passed while nobody runs them. Those that run are ended by
    their worker. Inside a transaction only."""
    return await fetch(OVERDUE, most)


async def end_overdue(endings: Sequence[Ending]) -> None:
    """End executions that `overdue` locked. What they waited for does not matter any more."""
    await execute(
        "UPDATE execution e SET state = g.state, reason = g.reason, finished_at = now(), "
        "waits_for = NULL, waits_on = NULL, first_error = coalesce(e.first_error, g.error), "
        "last_error = coalesce(e.last_error, g.error), fingerprint = g.fingerprint "
        "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) "
        "AS g (id, state, reason, error, fingerprint) WHERE e.id = g.id AND e.id = ANY ($1) "
        "AND e.state IN ('queued', 'retrying', 'unknown')",
        [one.execution_id for one in endings],
        [one.state for one in endings],
        [one.reason for one in endings],
        [one.error for one in endings],
        [one.fingerprint for one in endings],
    )
    await chains.note_ends([one.execution_id for one in endings])
