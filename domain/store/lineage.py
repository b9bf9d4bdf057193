"""What caused what, read from the rows themselves: up to the first cause, and down a level at a
time. Everything is found by id or by the index of causes, in the partitions that can hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.chains import DEEPEST_CHAIN
from domain.store.database import fetch
from domain.store.pages import id_range

# Each event names at most one execution that caused it, each execution its one event: a way up, and
# no tree. `LIMIT 1` keeps the planner to one row of one partition, whatever it believes.
_WAY_UP = """
WITH RECURSIVE up (id, caused_by, steps) AS (
    SELECT id, caused_by, 0 FROM event WHERE team_id = $1 AND id = $2
    UNION ALL
    SELECT e.id, e.caused_by, up.steps + 1
    FROM up
    JOIN LATERAL (SELECT event_id FROM execution
        WHERE team_id = $1 AND id = up.caused_by LIMIT 1) x ON true
    JOIN LATERAL (SELECT id, caused_by FROM event
        WHERE team_id = $1 AND id = x.event_id LIMIT 1) e ON true
    WHERE up.steps < $3
)
SELECT id FROM up ORDER BY steps DESC
"""


async def way_up(team_id: UUID, event_id: UUID) -> list[UUID]:
    """The events that led to this one and are still there, the first one first, itself last; empty
    when the team has no such event."""
    rows = await fetch(_WAY_UP, team_id, event_id, DEEPEST_CHAIN + 1)
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class Link:
    """An event, what was decided about it, and the execution that it started. `caused_by` is the
    execution whose end it tells of."""

    id: UUID
    kind: str
    title: str
    received_at: datetime
    trigger_id: UUID
    trigger_name: str
    caused_by: UUID | None
    chain_depth: int
    verdict: str | None
    reason: str | None
    execution_id: UUID | None
    execution_state: str | None
    workflow_id: UUID | None
    workflow_name: str | None
    workflow_version: int | None
    started_at: datetime | None
    finished_at: datetime | None


_LINKS = """
SELECT e.id, e.kind, e.title, e.received_at, e.trigger_id, t.name AS trigger_name, e.caused_by,
    e.chain_depth, d.verdict, d.reason, d.execution_id, x.state AS execution_state, x.workflow_id,
    w.name AS workflow_name, x.workflow_version, x.started_at, x.finished_at
FROM event e
JOIN trigger t ON t.team_id = e.team_id AND t.id = e.trigger_id
LEFT JOIN LATERAL (SELECT verdict, reason, execution_id FROM decision
    WHERE team_id = $1 AND event_id = e.id AND id >= $3 AND id < $4
    ORDER BY decided_at DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT state, workflow_id, workflow_version, started_at, finished_at
    FROM execution WHERE team_id = $1 AND id = d.execution_id LIMIT 1) x ON true
LEFT JOIN workflow w ON w.team_id = $1 AND w.id = x.workflow_id
WHERE e.team_id = $1 AND e.id = ANY ($2)
ORDER BY e.id
"""


async def links_of(team_id: UUID, event_ids: Sequence[UUID]) -> list[Link]:
    """The team's events of these ids, oldest first."""
    if not event_ids:
        return []
    rows = await fetch(_LINKS, team_id, list(event_ids), *id_range(event_ids))
    return [Link(**row) for row in rows]


# No event is older than the execution that caused it: older partitions are left out.
_CAUSED = """
SELECT id FROM event
WHERE team_id = $1 AND caused_by = ANY ($2) AND id >= $3
ORDER BY id LIMIT $4
"""


async def caused_by(team_id: UUID, execution_ids: Sequence[UUID], most: int) -> list[UUID]:
    """The events that tell of the ends of these executions, the oldest `most` of them."""
    if not execution_ids:
        return []
    low, _ = id_range(execution_ids)
    rows = await fetch(_CAUSED, team_id, list(execution_ids), low, most)
    return [row["id"] for row in rows]
