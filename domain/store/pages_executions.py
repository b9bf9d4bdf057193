"""What the pages show of executions, their attempts and their steps."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.clock import utc_now
from domain.rules.list_filters import ExecutionFilters
from domain.store.database import fetch, fetch_one
from domain.store.event_lists import MARKS
from domain.store.execution_lists import ExecutionListed, list_executions
from domain.store.pages import PAGE_SIZE, Page, Position, id_range

MOST_STEP_RUNS = 500


async def page_of_executions(
    team_id: UUID, filters: ExecutionFilters, position: Position, *, size: int = PAGE_SIZE
) -> Page[ExecutionListed]:
    """The team's executions, newest first."""
    return await list_executions(team_id, filters, position, utc_now(), size=size)


@dataclass(frozen=True, slots=True)
class ExecutionShown:
    """An execution with the names of what it belongs to."""

    id: UUID
    state: str
    reason: str | None
    kind: str
    trigger_id: UUID
    trigger_name: str
    workflow_id: UUID
    workflow_name: str
    workflow_version: int
    event_id: UUID
    event_title: str | None
    received_at: datetime
    attempt: int
    lost_leases: int
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    attempt_started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime | None
    maybe_twice: bool
    waits_for: str | None
    waits_on: UUID | None
    is_test: bool
    is_unlimited: bool


_SHOWN = f"""
SELECT x.id, x.state, x.reason, t.kind, x.trigger_id, t.name AS trigger_name, x.workflow_id,
    w.name AS workflow_name, x.workflow_version, x.event_id, e.title AS event_title,
    coalesce(e.received_at, x.created_at) AS received_at, x.attempt, x.lost_leases, x.created_at,
    CASE WHEN isfinite(x.due_at) THEN x.due_at ELSE now() END AS due_at,
    x.started_at, x.attempt_started_at, x.finished_at,
    x.deadline_at, x.maybe_twice, x.waits_for, x.waits_on,
    {MARKS.format(headers="coalesce(e.headers, '[]')")}
FROM execution x
JOIN trigger t ON t.team_id = x.team_id AND t.id = x.trigger_id
JOIN workflow w ON w.team_id = x.team_id AND w.id = x.workflow_id
LEFT JOIN event e ON e.team_id = x.team_id AND e.id = x.event_id
WHERE x.team_id = $1 AND x.id = $2
"""


async def execution_shown(team_id: UUID, execution_id: UUID) -> ExecutionShown | None:
    """The execution, or None if the team has none of this id."""
    row = await fetch_one(_SHOWN, team_id, execution_id)
    return ExecutionShown(**row) if row else None


@dataclass(frozen=True, slots=True)
class AttemptShown:
    """A finished attempt."""

    number: int
    state: str
    reason: str | None
    message: str | None
    started_at: datetime
    finished_at: datetime | None


async def attempts_of(team_id: UUID, execution_id: UUID) -> list[AttemptShown]:
    """The finished attempts of an execution, in order."""
    rows = await fetch(
        "SELECT number, state, reason, message, started_at, finished_at FROM attempt "
        "WHERE team_id = $1 AND execution_id = $2 AND id >= $3 AND id < $4 ORDER BY number",
        team_id,
        execution_id,
        *id_range([execution_id]),
    )
    return [AttemptShown(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of one attempt. `request` and `response` are JSON texts, secrets redacted."""

    attempt: int
    position: int
    key: str
    kind: str
    state: str
    reason: str | None
    message: str | None
    request: str | None
    response: str | None
    started_at: datetime
    finished_at: datetime | None


async def steps_of(team_id: UUID, execution_id: UUID) -> list[StepShown]:
    """The steps of all attempts, in the order in which they were carried out; at most 500."""
    rows = await fetch(
        "SELECT attempt, position, key, kind, state, reason, message, request, response, "
        "started_at, finished_at FROM step_run "
        "WHERE team_id = $1 AND execution_id = $2 AND id >= $3 AND id < $4 "
        "ORDER BY attempt, position LIMIT $5",
        team_id,
        execution_id,
        *id_range([execution_id]),
        MOST_STEP_RUNS,
    )
    return [StepShown(**row) for row in rows]
