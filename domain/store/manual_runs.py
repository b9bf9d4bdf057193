"""What a run by hand has to know: what its trigger starts, and whether its key came before."""

from dataclasses import dataclass
from uuid import UUID

from domain.store.database import fetch_one


@dataclass(frozen=True, slots=True)
class Runnable:
    """A trigger as whoever runs it sees it. `input_schema` (JSON text) is that of the workflow's
    version that would run, `workflow_version` its number: pinned, or else the newest."""

    id: UUID
    name: str
    kind: str
    enabled: bool
    workflow_id: UUID
    workflow_name: str
    workflow_version: int | None
    pinned: bool
    input_schema: str | None


_RUNNABLE = """
SELECT t.id, t.name, t.kind, t.enabled, t.workflow_id, w.name AS workflow_name,
    v.number AS workflow_version, t.pinned_version IS NOT NULL AS pinned, v.input_schema
FROM trigger t
JOIN workflow w ON w.team_id = t.team_id AND w.id = t.workflow_id
LEFT JOIN workflow_version v ON v.team_id = t.team_id
    AND v.id = coalesce(t.pinned_version_id, w.published_version_id)
WHERE t.team_id = $1 AND t.id = $2 AND t.deleted_at IS NULL
"""


async def find_runnable(team_id: UUID, trigger_id: UUID) -> Runnable | None:
    """The team's trigger of this id, unless it is deleted."""
    row = await fetch_one(_RUNNABLE, team_id, trigger_id)
    return Runnable(**row) if row else None


@dataclass(frozen=True, slots=True)
class Remembered:
    """The run that came first with a key, and the hash of what it was given."""

    event_id: UUID
    body_hash: bytes


async def remembered(team_id: UUID, key_hash: bytes) -> Remembered | None:
    """What is remembered of a key."""
    row = await fetch_one(
        "SELECT event_id, body_hash FROM sender_id WHERE team_id = $1 AND key_hash = $2",
        team_id,
        key_hash,
    )
    return Remembered(**row) if row else None
