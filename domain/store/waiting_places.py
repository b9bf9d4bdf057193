"""Where in its lane an event waits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.lanes import Why
from domain.store.database import fetch_one

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """What an event waits for, since when, and until when at most (None: for ever); how many wait
    before it in its lane (counted up to `MOST_COUNTED`); and when the lane is looked at next: none
    leaves it before (None: when somebody says so)."""

    why: Why
    since: datetime
    expires_at: datetime | None
    before: int
    next_at: datetime | None


_PLACE = """
SELECT w.why, w.since, w.expires_at,
    (SELECT count(*)::int FROM (SELECT FROM waiting_event b WHERE b.team_id = w.team_id
        AND b.lane_id = w.lane_id AND b.event_id < w.event_id LIMIT $3) counted) AS before,
    (SELECT l.due_at FROM lane l WHERE l.team_id = w.team_id AND l.id = w.lane_id
        AND l.due_at < 'infinity') AS next_at
FROM waiting_event w WHERE w.team_id = $1 AND w.event_id = $2
"""


async def place_of(team_id: UUID, event_id: UUID) -> Place | None:
    """The place of the team's event; None where it does not wait."""
    row = await fetch_one(_PLACE, team_id, event_id, MOST_COUNTED)
    return Place(**row) if row else None
