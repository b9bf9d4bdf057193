"""Executions: started once, claimed under a lease, settled under a fence.

Every instant here is the database's: leases and due times never meet a process's own clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.rules.execution_states import CANCELABLE, CLAIMABLE, TERMINAL
from domain.rules.failures import MAYBE_CARRIED_OUT
from domain.rules.ids import derived_id
from domain.rules.step_results import StepResult
from domain.store import chains
from domain.store.database import Row, execute, fetch
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
    `delay_s` says when a retry is due, counted from the database's now. Who has to wait says for
    what, and on which gate or destination; an attempt that did nothing but wait is `uncounted`.
    `tries` failures of the step at `tries_at` have been seen, and of the last one `error`.
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
    waits_for: str | None = None
    waits_on: UUID | None = None
    uncounted: bool = False
    tries: int | None = None
    tries_at: int | None = None
    error: str | None = None
    fingerprint: str | None = None
    maybe_twice: bool = False


def execution_id_for(event_id: UUID, workflow_id: UUID) -> UUID:
    """The id of the only execution that this event can start of this workflow."""
    return derived_id(event_id, "execution", workflow_id)


# In a CASE, for the planner not to see through: while its statistics know nothing yet of a backlog
# it would read all that is due from the index, to find a few ids among them.
IS_DUE = f"CASE WHEN state IN ({_CLAIMABLE}) THEN due_at <= now() END"

# The state and due time are part of the WHERE and the rows are locked first: of two workers that
# claim the same execution one skips it. The fence rises with every claim, so that whoever held
# an older one can no longer settle.
_READY = f"""
WITH ready AS (
    SELECT id, gates FROM execution WHERE id = ANY ($1) AND {IS_DUE}
    ORDER BY id FOR UPDATE SKIP LOCKED
)"""
_TAKE = f"""
UPDATE execution e
SET state = 'running', attempt = e.attempt + 1, fence = e.fence + 1,
    lease_until = now() + interval '{LEASE_S} s', attempt_started_at = now(),
    started_at = coalesce(e.started_at, now()), waits_for = NULL, waits_on = NULL
FROM ready WHERE e.id = ready.id AND e.id = ANY ($1) {{only}}
RETURNING e.id, e.team_id, e.event_id, e.trigger_id, e.trigger_version_id, e.workflow_id,
    e.workflow_version_id, e.workflow_version, e.attempt, e.lost_leases, e.fence, e.reason,
    e.attempt_started_at, e.created_at, e.deadline_at, e.waits, e.tries, e.tries_at, e.gates,
    e.maybe_twice, e.replay_of
"""
_CLAIM = _READY + _TAKE.format(only="")
_CLAIM_FREE = f"""{_READY}, taken AS ({_TAKE.format(only="AND ready.gates IS NULL")})
SELECT ready.id AS ready_id, taken.* FROM ready LEFT JOIN taken ON taken.id = ready.id
"""


async def claim(ids: Sequence[UUID]) -> Sequence[Row]:
    """Take a lease of 30 seconds on those of `ids` that are due; what running them needs. Whoever
    claims what has to pass gates holds their locks."""
    return await fetch(_CLAIM, list(ids))


class Free(NamedTuple):
    """What was claimed, and what is due and has to pass gates first."""

    rows: list[Row]
    gated: list[UUID]


async def claim_free(ids: Sequence[UUID]) -> Free:
    """The same for those that have no gates to pass."""
    found = await fetch(_CLAIM_FREE, list(ids))
    return Free(
        [row for row in found if row["id"] is not None],
        [row["ready_id"] for row in found if row["id"] is None],
    )


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
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::float8[],
        $29::text[], $30::uuid[], $31::boolean[], $32::smallint[], $33::smallint[], $34::text[],
        $35::text[], $36::boolean[])
    AS g (id, fence, state, reason, delay_s, waits_for, waits_on, uncounted, tries, tries_at,
        error, fingerprint, maybe_twice)
), settled AS (
    UPDATE execution e
    SET state = g.state, reason = g.reason,
        lease_until = CASE WHEN g.state = 'running' THEN now() + interval '{LEASE_S} s' END,
        due_at = CASE WHEN g.delay_s IS NULL THEN e.due_at
                      ELSE now() + g.delay_s * interval '1 second' END,
        finished_at = CASE WHEN g.state IN ({_TERMINAL}) THEN now() END,
        waits_for = g.waits_for, waits_on = g.waits_on,
        waits = e.waits + (g.waits_for IS NOT NULL)::integer,
        attempt = e.attempt - g.uncounted::integer,
        tries = coalesce(g.tries, e.tries), tries_at = coalesce(g.tries_at, e.tries_at),
        first_error = coalesce(e.first_error, g.error),
        last_error = coalesce(g.error, e.last_error),
        fingerprint = CASE WHEN g.state <> 'succeeded' THEN coalesce(g.fingerprint, e.fingerprint)
                      END,
        maybe_twice = e.maybe_twice OR g.maybe_twice
    FROM given g
    WHERE e.id = g.id AND e.id = ANY ($1) AND e.fence = g.fence AND e.state = 'running'
    RETURNING e.id, e.team_id, e.trigger_id, e.workflow_id, e.state, e.gates
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
SELECT id, EXISTS (SELECT FROM watched) AS watched,
    CASE WHEN state <> 'running' THEN gates END AS gates FROM settled
"""

_NO_ATTEMPTS: list[list[object]] = [[] for _ in range(9)]
_NO_STEPS: list[list[object]] = [[] for _ in range(14)]


class Settled(NamedTuple):
    """The executions that were still `ours`, whether triggers wait for the end of any, and the
    gates that those which stopped have left."""

    ours: set[UUID]
    watched: bool
    gates: frozenset[UUID] = frozenset()


async def settle(settlements: Sequence[Settlement]) -> Settled:
    """Write what became of the executions. Those that are not ours any more belong to somebody
    else by now, and nothing of them was written."""
    attempts = [
        (attempt_id(s.execution_id, s.attempt), s.team_id, s.execution_id, s.attempt,
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
        [s.waits_for for s in settlements],
        [s.waits_on for s in settlements],
        [s.uncounted for s in settlements],
        [s.tries for s in settlements],
        [s.tries_at for s in settlements],
        [_text(s.error) for s in settlements],
        [s.fingerprint for s in settlements],
        [s.maybe_twice for s in settlements],
    )
    return Settled(
        {row["id"] for row in rows},
        any(row["watched"] for row in rows),
        frozenset(gate_id for row in rows for gate_id in row["gates"] or ()),
    )


def _text(message: str | None) -> str | None:
    return None if message is None else plain_text(message)


def attempt_id(execution_id: UUID, number: int) -> UUID:
    """The id of an execution's attempt of this number."""
    return derived_id(execution_id, "attempt", number)


_MAYBE = _listed(MAYBE_CARRIED_OUT)


async def earlier_steps(ids: Sequence[UUID]) -> Sequence[Row]:
    """The steps that earlier attempts have `done`, which are not done again, and those that they
    may have carried out."""
    return await fetch(
        "SELECT execution_id, position, key, state = 'succeeded' AS done, "
        "CASE WHEN state = 'succeeded' THEN response END AS response FROM step_run "
        f"WHERE execution_id = ANY ($1) AND (state = 'succeeded' OR reason IN ({_MAYBE})) "
        "ORDER BY execution_id, position",
        list(ids),
    )


# The fence rises, so whoever runs one of them can write nothing about it any more. In the order of
# their ids, so that two who cancel the same ones cannot wait for each other.
_CANCEL = f"""
WITH ready AS (
    SELECT id, state FROM execution
    WHERE team_id = $1 AND id = ANY ($2) AND state IN ({_CANCELABLE}) ORDER BY id FOR UPDATE
)
UPDATE execution e
SET state = 'canceled', reason = $3, fence = e.fence + 1, lease_until = NULL, finished_at = now(),
    waits_for = NULL, waits_on = NULL
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
        [attempt_id(row["id"], row["attempt"]) for row in running],
        team_id,
        reason,
        [row["id"] for row in running],
        [row["attempt"] for row in running],
        [row["attempt_started_at"] for row in running],
    )
    await chains.note_ends([row["id"] for row in rows])
    return [row["id"] for row in rows]
