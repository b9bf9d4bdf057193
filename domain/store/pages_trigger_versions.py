"""The versions of a trigger: what it was judged by, when, and who made it so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, fetch, fetch_one

VERSIONS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class VersionListed:
    """A version. `config`, `conditions`, `limits` and `retry` are JSON texts; no secret is among
    them."""

    number: int
    workflow_id: UUID
    workflow_name: str
    pinned_version: int | None
    config: str
    conditions: str | None
    limits: str
    retry: str
    created_by: str
    created_at: datetime


_VERSIONS = """
SELECT v.number, v.workflow_id, w.name AS workflow_name, v.pinned_version, v.config,
    v.condition_config AS conditions, v.limits, v.retry, v.created_by, v.created_at
FROM trigger_version v JOIN workflow w ON w.team_id = v.team_id AND w.id = v.workflow_id
WHERE v.team_id = $1 AND v.trigger_id = $2
"""


def _version(row: Row) -> VersionListed:
    return VersionListed(**row)


async def versions_below(
    team_id: UUID, trigger_id: UUID, number: int, *, limit: int
) -> list[VersionListed]:
    """The newest versions whose number is below `number`, newest first."""
    rows = await fetch(
        f"{_VERSIONS} AND v.number < $3 ORDER BY v.number DESC LIMIT $4",
        team_id,
        trigger_id,
        number,
        limit,
    )
    return [_version(row) for row in rows]


async def version_numbered(team_id: UUID, trigger_id: UUID, number: int) -> VersionListed | None:
    """The version of that number, or None."""
    row = await fetch_one(f"{_VERSIONS} AND v.number = $3", team_id, trigger_id, number)
    return _version(row) if row else None
