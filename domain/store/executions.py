"""Executions: started once, claimed under a lease, settled under a fence.

Every instant here is the database's: leases and due times never meet a process's own clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.rules.execution_states import CANCELABLE, CLAIMABLE, TERMINAL
from domain.rules.ids import derived_id
from domain.rules.step_results import StepResult
from domain.store import chains
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.jsonb import json_text, plain_text

LEASE_S = 30


def _listed(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


_CLAIMABLE = _listed(CLAIMABLE)
_TERMINAL = _listed(TERMINAL)
_CANCELABLE = _listed(CANCELABLE)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a worker found out about an execution that it claimed with `fence`.

    `state` "running" records steps and keeps the lease; any other state ends the attempt.
    `delay_s` says when a retry is due, counted from the database's now.
    """

    execution_id: UUID
    team_id: UUID
    trigger_id: UUID
    fence: int
    attempt: int
    state: str
    reason: str | None = None
    delay_s: float | None = None
    attempt_state: str | None = None
    message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    steps: Sequence[StepResult] = ()


def execution_id_for(event_id: UUID, workflow_id: UUID) -> UUID:
    """The id of the only execution that this event can start of this workflow."""
    return derived_id(event_id, "execution", workflow_id)


# The state and due time are part of the WHERE and the rows are locked first: of two workers that
# claim the same execution one skips it. The fence rises with every claim, so that whoever held
# an older one can no longer settle.
_CLAIM = f"""
WITH ready AS (
    SELECT id FROM execution
    WHERE id = ANY ($1) AND state IN ({_CLAIMABLE}) AND due_at <= now()
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE execution e
SET state = 'running', attempt = e.attempt + 1, fence = e.fence + 1,
    lease_until = now() + interval '{LEASE_S} s', attempt_started_at = now(),
    started_at = coalesce(e.started_at, now())
FROM ready WHERE e.id = ready.id AND e.id = ANY ($1)
RETURNING e.id, e.team_id, e.event_id, e.trigger_id, e.trigger_version_id, e.workflow_id,
    e.workflow_version_id, e.workflow_version, e.attempt, e.lost_leases, e.fence, e.reason,
    e.attempt_started_at
"""


async def claim(ids: Sequence[UUID]) -> Sequence[Row]:
    """Take a lease of 30 seconds on those of `ids` that are due; what running them needs."""
    return await fetch(_CLAIM, list(ids))


async def renew_leases(claimed: Sequence[tuple[UUID, int]]) -> set[UUID]:
    """Prolong the leases of (execution, fence) pairs; the executions that are still ours."""
    rows = await fetch(
        f"UPDATE execution e SET lease_until = now() + interval '{LEASE_S} s' "
        "FROM unnest($1::uuid[], $2::bigint[]) AS c (id, fence) "
        "WHERE e.id = c.id AND e.id = ANY ($1) AND e.fence = c.fence AND e.state = 'running' "
        "RETURNING e.id",
        [execution_id for execution_id, _ in claimed],
        [fence for _, fence in claimed],
    )
    return {row["id"] for row in rows}


async def taken_away(claimed: Sequence[tuple[UUID, int]]) -> set[UUID]:
    """Of (execution, fence) pairs, the executions that are ours no longer."""
    rows = await fetch(
        "SELECT e.id FROM execution e JOIN unnest($1::uuid[], $2::bigint[]) AS c (id, fence) "
        "ON e.id = c.id WHERE e.id = ANY ($1) AND (e.fence <> c.fence OR e.state <> 'running')",
        [execution_id for execution_id, _ in claimed],
        [fence for _, fence in claimed],
    )
    return {row["id"] for row in rows}


# One statement, so one commit. Counts, attempts, steps and the outbox of what is waited for are
# written only for executions that the first part could still change: a late worker, whose fence is
# old, writes nothing at all.
_SETTLE = f"""
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::float8[])
    AS g (id, fence, state, reason, delay_s)
), settled AS (
    UPDATE execution e
    SET state = g.state, reason = g.reason,
        lease_until = CASE WHEN g.state = 'running' THEN now() + interval '{LEASE_S} s' END,
        due_at = CASE WHEN g.delay_s IS NULL THEN e.due_at
                      ELSE now() + g.delay_s * interval '1 second' END,
        finished_at = CASE WHEN g.state IN ({_TERMINAL}) THEN now() END
    FROM given g
    WHERE e.id = g.id AND e.id = ANY ($1) AND e.fence = g.fence AND e.state = 'running'
    RETURNING e.id, e.team_id, e.trigger_id, e.workflow_id, e.state
), watched AS ({chains.NOTE_ENDS.format(ended="settled")}
), counted AS (
    INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount)
    SELECT gen_random_uuid(), team_id, trigger_id, date_trunc('hour', now()), outcome, count(*)
    FROM (SELECT *, CASE state WHEN 'succeeded' THEN 'succeeded' ELSE 'failed' END AS outcome
          FROM settled WHERE state IN ('succeeded', 'failed', 'dead')) AS ended
    GROUP BY team_id, trigger_id, outcome
), attempts AS (
    INSERT INTO attempt (id, team_id, execution_id, number, state, reason, message, started_at,
        finished_at)
    SELECT a.* FROM unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::smallint[], $10::text[],
        $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[])
        AS a (id, team_id, execution_id, number, state, reason, message, started_at, finished_at)
    WHERE a.execution_id IN (SELECT id FROM settled)
    ON CONFLICT (id) DO NOTHING
), steps AS (
    INSERT INTO step_run (id, team_id, execution_id, attempt, position, key, kind, state, reason,
        message, request, response, started_at, finished_at)
    SELECT s.* FROM unnest($15::uuid[], $16::uuid[], $17::uuid[], $18::smallint[],
        $19::smallint[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[],
        $25::jsonb[], $26::jsonb[], $27::timestamptz[], $28::timestamptz[])
        AS s (id, team_id, execution_id, attempt, position, key, kind, state, reason, message,
            request, response, started_at, finished_at)
    WHERE s.execution_id IN (SELECT id FROM settled)
    ON CONFLICT (id) DO NOTHING
)
SELECT id, EXISTS (SELECT FROM watched) AS watched FROM settled
"""

_NO_ATTEMPTS: list[list[object]] = [[] for _ in range(9)]
_NO_STEPS: list[list[object]] = [[] for _ in range(14)]


class Settled(NamedTuple):
    """The executions that were still `ours`, and whether triggers wait for the end of any."""

    ours: set[UUID]
    watched: bool


async def settle(settlements: Sequence[Settlement]) -> Settled:
    """Write what became of the executions. Those that are not ours any more belong to somebody
    else by now, and nothing of them was written."""
    attempts = [
        (_attempt_id(s.execution_id, s.attempt), s.team_id, s.execution_id, s.attempt,
         s.attempt_state, s.reason, _text(s.message), s.started_at, s.finished_at)
        for s in settlements if s.attempt_state is not None
    ]  # fmt: skip
    steps = [
        (derived_id(s.execution_id, "step", s.attempt, r.position), s.team_id, s.execution_id,
         s.attempt, r.position, r.key, r.kind, r.state, r.reason, _text(r.message),
         json_text(r.request), json_text(r.response), r.started_at, r.finished_at)
        for s in settlements for r in s.steps
    ]  # fmt: skip
    rows = await fetch(
        _SETTLE,
        [s.execution_id for s in settlements],
        [s.fence for s in settlements],
        [s.state for s in settlements],
        [s.reason for s in settlements],
        [s.delay_s for s in settlements],
        *([list(column) for column in zip(*attempts, strict=True)] or _NO_ATTEMPTS),
        *([list(column) for column in zip(*steps, strict=True)] or _NO_STEPS),
    )
    return Settled({row["id"] for row in rows}, any(row["watched"] for row in rows))


def _text(message: str | None) -> str | None:
    return None if message is None else plain_text(message)


def _attempt_id(execution_id: UUID, number: int) -> UUID:
    return derived_id(execution_id, "attempt", number)


async def finished_steps(ids: Sequence[UUID]) -> Sequence[Row]:
    """The steps that earlier attempts have done, which are not done again."""
    return await fetch(
        "SELECT execution_id, position, key, response FROM step_run "
        "WHERE execution_id = ANY ($1) AND state = 'succeeded' ORDER BY execution_id, position",
        list(ids),
    )


async def due(queued_for_s: float, most: int) -> list[UUID]:
    """Executions to ring for, soonest due first: retries whose time has come, and queued ones
    whose ring may have been lost because nobody claimed them for `queued_for_s` seconds."""
    rows = await fetch(
        f"SELECT id FROM execution WHERE state IN ({_CLAIMABLE}) AND due_at <= now() "
        "AND (state = 'retrying' OR due_at <= now() - $1 * interval '1 second') "
        "ORDER BY due_at LIMIT $2",
        queued_for_s,
        most,
    )
    return [row["id"] for row in rows]


async def expired(most: int) -> Sequence[Row]:
    """Lock executions whose lease ran out: their worker is gone. Inside a transaction only."""
    return await fetch(
        "SELECT id, team_id, trigger_id, attempt, lost_leases, attempt_started_at "
        "FROM execution WHERE state = 'running' AND lease_until < now() "
        "ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED",
        most,
    )


async def give_up_lease(execution_id: UUID, state: str, reason: str) -> None:
    """Take an execution with an expired lease from whoever had it: the fence rises, so a late
    settle changes nothing. Its unfinished attempt is on record as unknown."""
    row = await fetch_one(
        "UPDATE execution SET state = $2, reason = $3, fence = fence + 1, lease_until = NULL, "
        "lost_leases = lost_leases + 1, due_at = now(), "
        "finished_at = CASE WHEN $2 = 'dead' THEN now() END "
        "WHERE id = $1 AND state = 'running' AND lease_until < now() "
        "RETURNING team_id, attempt, attempt_started_at",
        execution_id,
        state,
        reason,
    )
    if row is None:
        return
    await execute(
        "INSERT INTO attempt (id, team_id, execution_id, number, state, reason, started_at, "
        "finished_at) VALUES ($1, $2, $3, $4, 'unknown', $5, $6, now()) "
        "ON CONFLICT (id) DO NOTHING",
        _attempt_id(execution_id, row["attempt"]),
        row["team_id"],
        execution_id,
        row["attempt"],
        reason,
        row["attempt_started_at"],
    )
    await chains.note_ends([execution_id])


# The fence rises, so whoever runs one of them can write nothing about it any more. In the order of
# their ids, so that two who cancel the same ones cannot wait for each other.
_CANCEL = f"""
WITH ready AS (
    SELECT id, state FROM execution
    WHERE team_id = $1 AND id = ANY ($2) AND state IN ({_CANCELABLE}) ORDER BY id FOR UPDATE
)
UPDATE execution e
SET state = 'canceled', reason = $3, fence = e.fence + 1, lease_until = NULL, finished_at = now()
FROM ready WHERE e.id = ready.id AND e.id = ANY ($2)
RETURNING e.id, e.attempt, e.attempt_started_at, ready.state = 'running' AS was_running
"""


async def cancel(team_id: UUID, ids: Sequence[UUID], reason: str) -> list[UUID]:
    """End those of the team's executions that have not ended, with the attempts under way; which
    they were. Inside a transaction only."""
    rows = await fetch(_CANCEL, team_id, list(ids), reason)
    running = [row for row in rows if row["was_running"]]
    await execute(
        "INSERT INTO attempt (id, team_id, execution_id, number, state, reason, started_at, "
        "finished_at) SELECT id, $2, execution_id, number, 'canceled', $3, started_at, now() "
        "FROM unnest($1::uuid[], $4::uuid[], $5::smallint[], $6::timestamptz[]) "
        "AS a (id, execution_id, number, started_at) ON CONFLICT (id) DO NOTHING",
        [_attempt_id(row["id"], row["attempt"]) for row in running],
        team_id,
        reason,
        [row["id"] for row in running],
        [row["attempt"] for row in running],
        [row["attempt_started_at"] for row in running],
    )
    await chains.note_ends([row["id"] for row in rows])
    return [row["id"] for row in rows]
