"""What happened, for the API: events with their decisions, executions with attempts and steps.

Everything that an event led to has an id of the event's own millisecond (`domain/rules/ids.py`),
so a query that gives that range of ids touches one partition and few rows.
"""

from collections.abc import Sequence
from uuid import UUID

from domain.rules.ids import derived_from
from domain.store.database import Row, fetch, fetch_one


def _siblings(row_id: UUID) -> tuple[UUID, UUID]:
    """The range of ids that were derived from `row_id`, or from what it was derived from."""
    return derived_from([row_id])


_EVENT = """
SELECT e.id, e.trigger_id, e.kind, e.received_at, e.title, e.sender_id, e.content_type,
    octet_length(e.body) AS size,
    CASE WHEN EXISTS (SELECT FROM pending_event p WHERE p.event_id = e.id)
        THEN 'pending' ELSE 'decided' END AS state
FROM event e
"""


async def find_event(team_id: UUID, event_id: UUID) -> Row | None:
    """The team's event, without its body."""
    return await fetch_one(f"{_EVENT} WHERE e.id = $1 AND e.team_id = $2", event_id, team_id)


async def decisions_of(team_id: UUID, event_id: UUID) -> Sequence[Row]:
    """How the event was judged, by each trigger version, in order: who had to wait has two."""
    low, high = _siblings(event_id)
    return await fetch(
        "SELECT id, trigger_id, trigger_version, verdict, reason, decided_at, execution_id, trace "
        "FROM decision WHERE team_id = $1 AND event_id = $2 AND id >= $3 AND id < $4 "
        "ORDER BY decided_at, id",
        team_id,
        event_id,
        low,
        high,
    )


async def judged(team_id: UUID, event_id: UUID) -> Sequence[Row]:
    """The decisions about an event with all that judging it again needs: the raw event, and the
    conditions of the version that judged it."""
    low, high = _siblings(event_id)
    return await fetch(
        "SELECT d.id AS decision_id, d.verdict, d.reason, d.trace ->> 'judged' AS judged, "
        "d.trigger_version, v.condition_config, e.id, e.trigger_id, e.kind, e.received_at, "
        "e.headers, e.query, e.content_type, e.title, e.sender_id, e.body "
        "FROM decision d "
        "JOIN event e ON e.team_id = d.team_id AND e.id = d.event_id AND e.id = $2 "
        "JOIN trigger_version v ON v.team_id = d.team_id AND v.id = d.trigger_version_id "
        "WHERE d.team_id = $1 AND d.event_id = $2 AND d.id >= $3 AND d.id < $4 "
        "ORDER BY d.decided_at, d.id",
        team_id,
        event_id,
        low,
        high,
    )


_EXECUTION = """
SELECT id, state, reason, event_id, trigger_id, workflow_id, workflow_version, attempt,
    created_at, started_at, attempt_started_at, finished_at, due_at, deadline_at, first_error,
    last_error, fingerprint, maybe_twice, waits_for, replay_of, replays, bulk_id
FROM execution
"""


async def executions_of(team_id: UUID, event_id: UUID) -> Sequence[Row]:
    """What the event started."""
    low, high = _siblings(event_id)
    return await fetch(
        f"{_EXECUTION} WHERE team_id = $1 AND event_id = $2 AND id >= $3 AND id < $4 ORDER BY id",
        team_id,
        event_id,
        low,
        high,
    )


async def find_execution(team_id: UUID, execution_id: UUID) -> Row | None:
    """The team's execution."""
    return await fetch_one(f"{_EXECUTION} WHERE id = $1 AND team_id = $2", execution_id, team_id)


async def attempts_of(team_id: UUID, execution_id: UUID) -> Sequence[Row]:
    """The attempts that ended, in order."""
    low, high = _siblings(execution_id)
    return await fetch(
        "SELECT number, state, reason, message, started_at, finished_at FROM attempt "
        "WHERE team_id = $1 AND execution_id = $2 AND id >= $3 AND id < $4 ORDER BY number",
        team_id,
        execution_id,
        low,
        high,
    )


async def step_runs_of(team_id: UUID, execution_id: UUID) -> Sequence[Row]:
    """The steps that were tried, by attempt and position; `status` of the answer, if any."""
    low, high = _siblings(execution_id)
    return await fetch(
        "SELECT attempt, position, key, kind, state, reason, message, started_at, finished_at, "
        "(response ->> 'status')::int AS status FROM step_run "
        "WHERE team_id = $1 AND execution_id = $2 AND id >= $3 AND id < $4 "
        "ORDER BY attempt, position",
        team_id,
        execution_id,
        low,
        high,
    )


async def queue_depths() -> dict[str, int]:
    """How much waits, of all teams together, for `/metrics`."""
    row = await fetch_one(
        "SELECT (SELECT count(*) FROM pending_event) AS pending_events, "
        "(SELECT coalesce(sum(waiting), 0) FROM lane) AS waiting_events, "
        "(SELECT count(*) FROM execution WHERE state IN ('queued', 'retrying') "
        "AND due_at <= now()) AS due_executions, "
        "(SELECT count(*) FROM execution WHERE state = 'running') AS running_executions, "
        "(SELECT count(*) FROM execution WHERE state = 'running' AND lease_until < now()) "
        "AS expired_leases, "
        "(SELECT count(*) FROM destination WHERE state <> 'closed') AS breakers_open, "
        "(SELECT coalesce(greatest(0, extract(epoch FROM now() - min(next_due_at))), 0)::bigint "
        "FROM schedule WHERE next_due_at IS NOT NULL) AS schedules_behind_s"
    )
    return {name: int(row[name]) for name in row.keys()} if row else {}  # noqa: SIM118 - a Record
