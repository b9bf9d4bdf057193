"""Triggers that their owner wants switched off once so many executions in a row have failed."""

from dataclasses import dataclass
from uuid import UUID

from domain.store.database import execute, fetch, fetch_one

# The n-th newest failure since the counting began, which the index of failures finds at once; and
# no success that ended after it, among the newest thousand: of a trigger that has succeeded a
# million times not all are read.
FAILING = """
SELECT t.team_id, t.id, t.disable_after
FROM trigger t
CROSS JOIN LATERAL (
    SELECT x.finished_at FROM execution x
    WHERE x.trigger_id = t.id AND x.team_id = t.team_id AND x.state IN ('failed', 'dead')
        AND x.finished_at > t.failures_from
    ORDER BY x.finished_at DESC OFFSET t.disable_after - 1 LIMIT 1
) AS oldest
WHERE t.disable_after IS NOT NULL AND t.enabled AND t.deleted_at IS NULL {and_if}
    AND NOT EXISTS (SELECT FROM (
        SELECT x.finished_at FROM execution x WHERE x.trigger_id = t.id AND x.team_id = t.team_id
            AND x.state = 'succeeded' ORDER BY x.id DESC LIMIT 1000) AS newest
        WHERE newest.finished_at >= oldest.finished_at)
ORDER BY t.id LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Failing:
    """A trigger of which the last `disable_after` executions failed."""

    team_id: UUID
    id: UUID
    disable_after: int


async def failing_triggers(most: int) -> list[Failing]:
    """Those that are on, of all teams."""
    return [Failing(**row) for row in await fetch(FAILING.format(and_if=""), most)]


async def still_failing(team_id: UUID, trigger_id: UUID) -> Failing | None:
    """The same of one trigger, whose row the caller has locked."""
    row = await fetch_one(
        FAILING.format(and_if="AND t.team_id = $2 AND t.id = $3"), 1, team_id, trigger_id
    )
    return Failing(**row) if row else None


async def switch_off(failing: Failing, because: str) -> int:
    """Switch it off, and say why; 0 when it is off."""
    return await execute(
        "UPDATE trigger SET enabled = false, holds = false, switched_off_because = $3, "
        "revision = revision + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND enabled AND deleted_at IS NULL",
        failing.team_id,
        failing.id,
        because,
    )
