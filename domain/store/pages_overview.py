"""What the first page shows besides the charts: what needs someone, and what a new team has yet
to do. Everything is bounded: a count stops where nobody would read on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import fetch, fetch_one

MOST_COUNTED = 1_000
MOST_TRIGGERS = 10


@dataclass(frozen=True, slots=True)
class TriggerTrouble:
    """A trigger that needs someone, and why: executions that failed, events that could not be
    judged, requests that were refused, events that came while it was switched off (all within the
    time asked for), a workflow that has nothing to run, or that it was `switched_off` because its
    executions failed."""

    id: UUID
    name: str
    failed: int
    errors: int
    refused: int
    paused: int
    unpublished: bool
    switched_off: bool


_TROUBLED = """
WITH counted AS (
    SELECT trigger_id, sum(amount) FILTER (WHERE outcome = 'failed') AS failed,
        sum(amount) FILTER (WHERE outcome IN ('error', 'loop')) AS errors,
        sum(amount) FILTER (WHERE outcome = 'paused') AS paused
    FROM (
        SELECT trigger_id, outcome, amount FROM trigger_hour WHERE team_id = $1 AND hour >= $2
        UNION ALL
        SELECT trigger_id, outcome, amount FROM tally WHERE team_id = $1 AND hour >= $2
    ) both_sides
    WHERE outcome IN ('failed', 'error', 'loop', 'paused')
    GROUP BY trigger_id
), turned_away AS (
    SELECT trigger_id, sum(amount) AS refused FROM refused_request
    WHERE team_id = $1 AND refused_at >= $2 GROUP BY trigger_id
), troubled AS (
    SELECT t.id, t.name, coalesce(c.failed, 0)::bigint AS failed,
        coalesce(c.errors, 0)::bigint AS errors, coalesce(r.refused, 0)::bigint AS refused,
        coalesce(c.paused, 0)::bigint AS paused,
        t.enabled AND w.published_version IS NULL AS unpublished,
        NOT t.enabled AND t.switched_off_because IS NOT NULL AS switched_off
    FROM trigger t
    JOIN workflow w ON w.team_id = t.team_id AND w.id = t.workflow_id
    LEFT JOIN counted c ON c.trigger_id = t.id
    LEFT JOIN turned_away r ON r.trigger_id = t.id
    WHERE t.team_id = $1 AND t.deleted_at IS NULL
)
SELECT * FROM troubled WHERE failed > 0 OR errors > 0 OR refused > 0 OR paused > 0 OR unpublished
    OR switched_off
ORDER BY switched_off DESC, errors + failed DESC, refused + paused DESC, id DESC LIMIT $3
"""


async def troubled_triggers(team_id: UUID, since: datetime) -> list[TriggerTrouble]:
    """The ten triggers that need someone most, by what happened since `since`."""
    rows = await fetch(_TROUBLED, team_id, since, MOST_TRIGGERS)
    return [TriggerTrouble(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits longer than it should, of the whole team: events that nobody has judged for a
    minute, executions that are due for a minute; those that wait for a person's word; and the dead
    letters. Counts stop at 1,000."""

    late_events: int
    oldest_event_at: datetime | None
    late_executions: int
    oldest_due_at: datetime | None
    held: int
    dead: int


_WAITING = """
SELECT e.late_events, e.oldest_event_at, x.late_executions, x.oldest_due_at, h.held, d.dead FROM
    (SELECT count(*) AS late_events, min(received_at) AS oldest_event_at FROM (
        SELECT received_at FROM pending_event
        WHERE team_id = $1 AND received_at < $2 LIMIT $3) late) e,
    (SELECT count(*) AS late_executions, min(due_at) AS oldest_due_at FROM (
        SELECT due_at FROM execution WHERE team_id = $1 AND state IN ('queued', 'retrying')
        AND due_at < $2 LIMIT $3) late) x,
    (SELECT count(*) AS held FROM (
        SELECT FROM execution WHERE team_id = $1 AND state = 'unknown' LIMIT $3) held) h,
    (SELECT count(*) AS dead FROM (
        SELECT FROM execution WHERE team_id = $1 AND state = 'dead' LIMIT $3) kept) d
"""


async def waiting(team_id: UUID, since_before: datetime) -> Waiting:
    """What has waited since before `since_before`."""
    row = await fetch_one(_WAITING, team_id, since_before, MOST_COUNTED)
    return Waiting(**row) if row else Waiting(0, None, 0, None, 0, 0)


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """How far a team has come: the way from nothing to its first event."""

    workflow: bool
    trigger_id: UUID | None
    event: bool


async def first_steps(team_id: UUID) -> FirstSteps:
    """Whether there is a published workflow, a trigger (its id, the newest), an event."""
    row = await fetch_one(
        "SELECT EXISTS (SELECT FROM workflow WHERE team_id = $1 AND deleted_at IS NULL "
        "AND published_version IS NOT NULL) AS workflow, "
        "(SELECT id FROM trigger WHERE team_id = $1 AND deleted_at IS NULL "
        "ORDER BY id DESC LIMIT 1) AS trigger_id, "
        "EXISTS (SELECT FROM event WHERE team_id = $1) AS event",
        team_id,
    )
    return FirstSteps(**row) if row else FirstSteps(workflow=False, trigger_id=None, event=False)
