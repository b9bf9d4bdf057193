"""What the pages show of a shadow: what the draft and the live conditions disagreed about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.rules.shadows import Kind
from domain.rules.traces import Result
from domain.store.database import Row, fetch, fetch_one
from domain.store.pages import PAGE_SIZE, Page, Position, id_range, read_page


@dataclass(frozen=True, slots=True)
class DisagreementListed:
    """An event (`id`) about which the two did not come to the same, and to what each came."""

    id: UUID
    kind: Kind
    live: Result
    draft: Result
    trigger_version: int
    judged_at: datetime


_LISTED = """
SELECT event_id AS id, kind, live, draft, trigger_version, judged_at FROM shadow_disagreement
WHERE team_id = $1 AND shadow_id = $2 AND ($3::text IS NULL OR kind = $3)
"""


def _listed(row: Row) -> DisagreementListed:
    return DisagreementListed(**row)


async def page_of_disagreements(
    team_id: UUID, shadow_id: UUID, kind: str | None, position: Position, *, size: int = PAGE_SIZE
) -> Page[DisagreementListed]:
    """The shadow's kept disagreements, newest event first, of one kind unless that is None."""
    arguments = (team_id, shadow_id, kind)
    return await read_page(_LISTED, "event_id", arguments, position, _listed, size=size)


@dataclass(frozen=True, slots=True)
class EventNamed:
    """What a list says of an event."""

    id: UUID
    title: str
    received_at: datetime


async def events_named(team_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, EventNamed]:
    """These events by id, as far as they are still kept."""
    rows = await fetch(
        "SELECT id, title, received_at FROM event WHERE team_id = $1 AND id = ANY ($2)",
        team_id,
        list(event_ids),
    )
    return {row["id"]: EventNamed(**row) for row in rows}


_COMPARED = """
SELECT e.id, e.trigger_id, e.kind, e.received_at, e.headers, e.query, e.content_type, e.title,
    e.sender_id, e.body, d.verdict, d.reason, d.trigger_version,
    v.condition_config AS live_conditions
FROM event e
JOIN decision d ON d.team_id = e.team_id AND d.event_id = $3 AND d.trigger_id = $2
    AND d.id >= $4 AND d.id < $5
JOIN trigger_version v ON v.team_id = d.team_id AND v.id = d.trigger_version_id
WHERE e.team_id = $1 AND e.trigger_id = $2 AND e.id = $3
ORDER BY d.decided_at LIMIT 1
"""


async def event_to_compare(team_id: UUID, trigger_id: UUID, event_id: UUID) -> Row | None:
    """A decided event of the trigger, whole, with the decision and the conditions it was judged by
    live when it came; None when the team has no such one."""
    return await fetch_one(_COMPARED, team_id, trigger_id, event_id, *id_range([event_id]))
