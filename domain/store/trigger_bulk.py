"""Many triggers switched at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.store.database import fetch


@dataclass(frozen=True, slots=True)
class TriggerSwitch:
    """A trigger's switch."""

    id: UUID
    name: str
    enabled: bool


async def switches_of(team_id: UUID, trigger_ids: Sequence[UUID]) -> list[TriggerSwitch]:
    """Those of the triggers that the team has and that are not deleted, by name."""
    rows = await fetch(
        "SELECT id, name, enabled FROM trigger "
        "WHERE team_id = $1 AND id = ANY ($2) AND deleted_at IS NULL ORDER BY lower(name), id",
        team_id,
        list(trigger_ids),
    )
    return [TriggerSwitch(**row) for row in rows]


async def lock_schedules(
    team_id: UUID, trigger_ids: Sequence[UUID], *, enabled: bool
) -> list[UUID]:
    """The schedule triggers among them that are not switched so yet. All of them are locked, in the
    order of their ids: until the transaction ends nobody else switches any, and of two who switch
    the same ones, in whatever direction, one waits before it holds what the other needs."""
    rows = await fetch(
        "SELECT id, kind, enabled FROM trigger "
        "WHERE team_id = $1 AND id = ANY ($2) AND deleted_at IS NULL ORDER BY id FOR UPDATE",
        team_id,
        list(trigger_ids),
    )
    return [row["id"] for row in rows if row["kind"] == "schedule" and row["enabled"] != enabled]


# The rows are locked in the order of their ids, so two people who switch the same triggers wait for
# each other instead of deadlocking; the second one finds those rows switched, and leaves them out.
_SWITCH = """
WITH differing AS (
    SELECT id FROM trigger WHERE team_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE trigger t SET enabled = $3, holds = false, revision = t.revision + 1, updated_at = now(),
    switched_off_because = CASE WHEN NOT $3 THEN t.switched_off_because END,
    failures_from = CASE WHEN $3 THEN now() ELSE t.failures_from END
FROM differing d WHERE t.team_id = $1 AND t.id = d.id AND t.enabled <> $3
RETURNING t.id, t.name, t.enabled
"""


async def switch(
    team_id: UUID, trigger_ids: Sequence[UUID], *, enabled: bool
) -> list[TriggerSwitch]:
    """Switch those that are not switched so yet; which they were, by name."""
    rows = await fetch(_SWITCH, team_id, list(trigger_ids), enabled)
    return sorted((TriggerSwitch(**row) for row in rows), key=lambda each: each.name.lower())
