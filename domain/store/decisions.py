"""Decisions: written once, with what they start, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.store.database import fetch


@dataclass(frozen=True, slots=True)
class NewDecision:
    """One event judged by one trigger version. `trace` is JSON text."""

    id: UUID
    team_id: UUID
    event_id: UUID
    trigger_id: UUID
    trigger_version_id: UUID
    trigger_version: int
    verdict: str
    reason: str | None
    trace: str
    execution_id: UUID | None


# The id derives from event and trigger: a second decision of the same pair is no row at all.
_RECORD = """
INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, trigger_version,
    verdict, reason, trace, execution_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[],
    $7::text[], $8::text[], $9::jsonb[], $10::uuid[])
ON CONFLICT (id) DO NOTHING
RETURNING id
"""


async def record(decisions: Sequence[NewDecision]) -> set[UUID]:
    """Write the decisions that do not exist yet; their ids."""
    columns = zip(*((d.id, d.team_id, d.event_id, d.trigger_id, d.trigger_version_id,
                     d.trigger_version, d.verdict, d.reason, d.trace, d.execution_id)
                    for d in decisions), strict=True)  # fmt: skip
    rows = await fetch(_RECORD, *(list(column) for column in columns))
    return {row["id"] for row in rows}
