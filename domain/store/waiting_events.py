"""Events that wait in lanes and executions that wait at gates, counted for people to see."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.rules.lanes import Why
from domain.store.database import Row, fetch, fetch_one


class Held(NamedTuple):
    """How many events wait for their trigger to be switched on, and when the oldest and the newest
    of them began to."""

    events: int
    oldest: datetime | None
    newest: datetime | None


async def held_of(team_id: UUID, trigger_id: UUID) -> Held:
    """Those of one trigger."""
    row = await fetch_one(
        "SELECT count(*) AS events, min(w.since) AS oldest, max(w.since) AS newest FROM lane l "
        "JOIN waiting_event w ON w.team_id = l.team_id AND w.lane_id = l.id "
        "WHERE l.team_id = $1 AND l.trigger_id = $2 AND l.why = 'pause'",
        team_id,
        trigger_id,
    )
    return Held(**row) if row else Held(0, None, None)


class Waiting(NamedTuple):
    """How many events wait for one reason, in how many lanes, since when the oldest does, and when
    the first lane is looked at next (None: when a person says so)."""

    why: Why
    events: int
    lanes: int
    oldest: datetime | None
    next_at: datetime | None


async def waiting_of(team_id: UUID, trigger_id: UUID) -> list[Waiting]:
    """What waits for a trigger now, by reason."""
    rows = await fetch(
        "SELECT l.why, sum(l.waiting)::int AS events, count(*) AS lanes, min(w.since) AS oldest, "
        "min(l.due_at) FILTER (WHERE l.due_at < 'infinity') AS next_at FROM lane l "
        "LEFT JOIN LATERAL (SELECT since FROM waiting_event WHERE lane_id = l.id "
        "AND team_id = l.team_id ORDER BY event_id LIMIT 1) w ON true "
        "WHERE l.team_id = $1 AND l.trigger_id = $2 AND l.waiting > 0 "
        "GROUP BY l.why ORDER BY l.why",
        team_id,
        trigger_id,
    )
    return [Waiting(**row) for row in rows]


# What runs is bounded by the workers' places; what waits is counted at the gates in question only.
_GATES = """
WITH gates AS (
    SELECT id, scope, key, most FROM gate
    WHERE team_id = $1 AND subject_id = ANY ($2) AND scope <> 'singleton'
), running AS (
    SELECT at.gate, count(*) AS amount FROM execution e CROSS JOIN unnest(e.gates) AS at (gate)
    WHERE e.team_id = $1 AND e.state = 'running' AND e.gates IS NOT NULL GROUP BY at.gate
), waiting AS (
    SELECT waits_on, count(*) AS amount FROM execution
    WHERE team_id = $1 AND state IN ('queued', 'retrying') AND waits_on IN (SELECT id FROM gates)
    GROUP BY waits_on
)
SELECT g.scope, g.key, g.most, coalesce(r.amount, 0) AS running, coalesce(w.amount, 0) AS waiting
FROM gates g LEFT JOIN running r ON r.gate = g.id LEFT JOIN waiting w ON w.waits_on = g.id
ORDER BY g.key IS NOT NULL, coalesce(r.amount, 0) + coalesce(w.amount, 0) DESC, g.id LIMIT $3
"""
MOST_GATES = 12


async def gates_of(team_id: UUID, subjects: Sequence[UUID]) -> Sequence[Row]:
    """The gates of a trigger and its workflow, those of keys behind the others and the fullest
    first: scope, key, most, running, waiting. Not a singleton's, at which nothing waits."""
    return await fetch(_GATES, team_id, list(subjects), MOST_GATES)
