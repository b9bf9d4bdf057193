"""Executions that wait for a person to say what became of a call. Every query names the team."""

from dataclasses import dataclass
from uuid import UUID

from domain.rules.ids import derived_id
from domain.rules.resolutions import CARRIED_OUT
from domain.store import chains
from domain.store.database import execute, fetch_one

TAKEN_OVER = 0
"""The number of the attempt under which steps stand that this execution did not carry out."""


@dataclass(frozen=True, slots=True)
class Held:
    """An execution that waits for a person's word on the step at `position`. `state` says whether
    it still does."""

    id: UUID
    trigger_id: UUID
    state: str
    attempt: int
    position: int
    step_key: str | None


async def find_held(team_id: UUID, execution_id: UUID) -> Held | None:
    """The team's execution, locked until the transaction ends."""
    row = await fetch_one(
        "SELECT id, trigger_id, state, attempt, tries_at AS position FROM execution "
        "WHERE team_id = $1 AND id = $2 FOR UPDATE",
        team_id,
        execution_id,
    )
    if row is None:
        return None
    step = await fetch_one(
        "SELECT key FROM step_run WHERE team_id = $1 AND execution_id = $2 AND position = $3 "
        "ORDER BY attempt DESC LIMIT 1",
        team_id,
        execution_id,
        row["position"],
    )
    return Held(**row, step_key=step["key"] if step else None)


async def go_on(team_id: UUID, held: Held) -> int:
    """Queue it again, with all its tries before it; 0 when somebody was faster."""
    return await execute(
        "UPDATE execution SET state = 'queued', reason = NULL, due_at = now(), tries = 0 "
        "WHERE team_id = $1 AND id = $2 AND state = 'unknown' AND attempt = $3",
        team_id,
        held.id,
        held.attempt,
    )


async def give_up(team_id: UUID, held: Held, reason: str) -> int:
    """End it as failed; 0 when somebody was faster."""
    ended = await execute(
        "UPDATE execution SET state = 'failed', reason = $4, finished_at = now() "
        "WHERE team_id = $1 AND id = $2 AND state = 'unknown' AND attempt = $3",
        team_id,
        held.id,
        held.attempt,
        reason,
    )
    if ended:
        await chains.note_ends([held.id])
    return ended


async def count_as_done(team_id: UUID, held: Held, message: str) -> None:
    """Put the step on record as carried out, as a person says. There is no answer of it."""
    await execute(
        "INSERT INTO step_run (id, team_id, execution_id, attempt, position, key, kind, state, "
        "reason, message, started_at, finished_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, 'http', 'succeeded', $7, $8, now(), now()) "
        "ON CONFLICT (id) DO NOTHING",
        derived_id(held.id, "step", TAKEN_OVER, held.position),
        team_id,
        held.id,
        TAKEN_OVER,
        held.position,
        held.step_key,
        CARRIED_OUT,
        message,
    )
