"""Shadows: drafts of conditions that are judged beside the live ones, and their passes' queue.

What people do names the team; the passes act for all of them, one shadow at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.rules.ids import new_id
from domain.rules.shadows import Counts
from domain.store.database import Row, execute, fetch, fetch_one

MOST_WAITING = 10_000
MOST_DISAGREEMENTS = 1_000
MOST_KEPT = 20
"""Ended shadows of a trigger that are kept, with what they disagreed about."""


@dataclass(frozen=True, slots=True)
class ShadowRow:
    """A shadow. `conditions` is the draft as JSON text (None: every event matches), `live_version`
    the trigger's version when it began."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    conditions: str | None
    live_version: int
    state: str
    created_by: str
    created_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    last_judged_at: datetime | None
    counts: Counts


_COUNTS = tuple(field.name for field in fields(Counts))
_OWN = tuple(field.name for field in fields(ShadowRow) if field.name != "counts")
_COLUMNS = ", ".join(_OWN + _COUNTS)


def _shadow(row: Row) -> ShadowRow:
    counts = Counts(**{name: row[name] for name in _COUNTS})
    return ShadowRow(**{name: row[name] for name in _OWN}, counts=counts)


async def running_shadow(team_id: UUID, trigger_id: UUID) -> ShadowRow | None:
    """The draft that runs beside the trigger, or None."""
    row = await fetch_one(
        f"SELECT {_COLUMNS} FROM shadow "
        "WHERE team_id = $1 AND trigger_id = $2 AND state = 'running'",
        team_id,
        trigger_id,
    )
    return _shadow(row) if row else None


async def newest_shadow(team_id: UUID, trigger_id: UUID) -> ShadowRow | None:
    """The draft that runs beside the trigger, or else the last one that did."""
    row = await fetch_one(
        f"SELECT {_COLUMNS} FROM shadow WHERE team_id = $1 AND trigger_id = $2 "
        "ORDER BY state = 'running' DESC, id DESC LIMIT 1",
        team_id,
        trigger_id,
    )
    return _shadow(row) if row else None


async def add_shadow(
    team_id: UUID, trigger_id: UUID, conditions: str | None, live_version: int, created_by: str
) -> UUID:
    """Store a running shadow; its id. The trigger is locked and has no other that runs."""
    shadow_id = new_id()
    await execute(
        "INSERT INTO shadow (id, team_id, trigger_id, conditions, live_version, created_by) "
        "VALUES ($1, $2, $3, $4::jsonb, $5, $6)",
        shadow_id,
        team_id,
        trigger_id,
        conditions,
        live_version,
        created_by,
    )
    return shadow_id


async def end_shadow(
    team_id: UUID,
    trigger_id: UUID,
    shadow_id: UUID | None,
    state: Literal["promoted", "discarded"],
    ended_by: str,
) -> ShadowRow | None:
    """End the running shadow (of this id, unless that is None); what it came to, or None when no
    such one runs. Its counts stand still from here on."""
    row = await fetch_one(
        "UPDATE shadow SET state = $4, ended_at = now(), ended_by = $5 "
        "WHERE team_id = $1 AND trigger_id = $2 AND ($3::uuid IS NULL OR id = $3) "
        f"AND state = 'running' RETURNING {_COLUMNS}",
        team_id,
        trigger_id,
        shadow_id,
        state,
        ended_by,
    )
    return _shadow(row) if row else None


async def forget_old_shadows(team_id: UUID, trigger_id: UUID) -> int:
    """Delete the trigger's ended shadows but the newest 20, with what they disagreed about; how
    many went."""
    return await execute(
        "DELETE FROM shadow WHERE team_id = $1 AND trigger_id = $2 AND state <> 'running' "
        "AND id <= (SELECT id FROM shadow WHERE team_id = $1 AND trigger_id = $2 "
        "AND state <> 'running' ORDER BY id DESC OFFSET $3 LIMIT 1)",
        team_id,
        trigger_id,
        MOST_KEPT,
    )


# --- The passes --------------------------------------------------------------------------------

# One step of the index a shadow, however many rows each has: a plain DISTINCT would read them all.
_WAITING = """
WITH RECURSIVE each AS (
    (SELECT shadow_id FROM pending_shadow ORDER BY shadow_id LIMIT 1)
    UNION ALL
    SELECT (SELECT p.shadow_id FROM pending_shadow p WHERE p.shadow_id > each.shadow_id
            ORDER BY p.shadow_id LIMIT 1)
    FROM each WHERE each.shadow_id IS NOT NULL
)
SELECT each.shadow_id AS id FROM each LEFT JOIN shadow s ON s.id = each.shadow_id
WHERE each.shadow_id IS NOT NULL ORDER BY s.last_judged_at NULLS FIRST, each.shadow_id LIMIT $1
"""


async def waiting(most: int) -> list[UUID]:
    """Shadows that have events waiting, those first whose last pass is longest ago. Ended ones are
    among them, and ones that are gone."""
    return [row["id"] for row in await fetch(_WAITING, most)]


async def draft_of(shadow_id: UUID) -> Row | None:
    """What a pass needs of a shadow, or None when nothing may be judged by it any more."""
    return await fetch_one(
        "SELECT s.id, s.team_id, s.trigger_id, s.conditions FROM shadow s "
        "JOIN trigger t ON t.team_id = s.team_id AND t.id = s.trigger_id "
        "WHERE s.id = $1 AND s.state = 'running' AND t.deleted_at IS NULL",
        shadow_id,
    )


async def take_waiting(shadow_id: UUID, most: int, event_id: UUID | None = None) -> Sequence[Row]:
    """Lock the events that wait longest (or that one), until the transaction ends. Those that
    another pass holds are left out."""
    return await fetch(
        "SELECT event_id, verdict, trigger_version FROM pending_shadow WHERE shadow_id = $1 "
        "AND ($3::uuid IS NULL OR event_id = $3) "
        "ORDER BY event_id LIMIT $2 FOR UPDATE SKIP LOCKED",
        shadow_id,
        most,
        event_id,
    )


# The size of a body is known without reading it, so what is beyond the bound is never loaded.
_EVENTS = """
SELECT id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id,
    CASE WHEN sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) < $3
        THEN body END AS body
FROM event WHERE team_id = $1 AND id = ANY ($2) ORDER BY id
"""


async def events_to_judge(
    team_id: UUID, event_ids: Sequence[UUID], most_bytes: int
) -> Sequence[Row]:
    """These events, in order, as far as they are still kept; `body` is None from where the bodies
    before it have more than `most_bytes`."""
    return await fetch(_EVENTS, team_id, list(event_ids), most_bytes)


async def leave_queue(shadow_id: UUID, event_ids: Sequence[UUID]) -> int:
    """Take events out of the queue; how many were there."""
    return await execute(
        "DELETE FROM pending_shadow WHERE shadow_id = $1 AND event_id = ANY ($2)",
        shadow_id,
        list(event_ids),
    )


_ADD = ", ".join(f"{name} = {name} + ${place}" for place, name in enumerate(_COUNTS, 2))


async def add_counts(shadow_id: UUID, counts: Counts) -> int:
    """Add what a pass came to; 0 when the shadow has ended, whose counts stand still."""
    return await execute(
        f"UPDATE shadow SET {_ADD}, last_judged_at = now() WHERE id = $1 AND state = 'running'",
        shadow_id,
        *(getattr(counts, name) for name in _COUNTS),
    )


@dataclass(frozen=True, slots=True)
class NewDisagreement:
    """An event about which the draft and the live conditions did not come to the same."""

    event_id: UUID
    kind: str
    live: str
    draft: str
    trigger_version: int


_KEEP_NEWEST = """
DELETE FROM shadow_disagreement WHERE shadow_id = $1 AND event_id <= (
    SELECT event_id FROM shadow_disagreement WHERE shadow_id = $1
    ORDER BY event_id DESC OFFSET $2 LIMIT 1)
"""


async def add_disagreements(shadow: Row, new: Sequence[NewDisagreement]) -> None:
    """Store disagreements, and let go of the oldest beyond 1,000."""
    if not new:
        return
    await execute(
        "INSERT INTO shadow_disagreement (shadow_id, team_id, event_id, kind, live, draft, "
        "trigger_version) SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::text[], "
        "$6::text[], $7::int[]) ON CONFLICT DO NOTHING",
        shadow["id"],
        shadow["team_id"],
        [one.event_id for one in new],
        [one.kind for one in new],
        [one.live for one in new],
        [one.draft for one in new],
        [one.trigger_version for one in new],
    )
    await execute(_KEEP_NEWEST, shadow["id"], MOST_DISAGREEMENTS)


# Skips what a pass holds: it is about to be judged. Here and in `clear_queue` rows are named as an
# array and not by a join: of a queue that fills within seconds the planner knows nothing, and would
# compare every row with every other.
_SKIP = """
WITH gone AS (
    DELETE FROM pending_shadow WHERE shadow_id = $1 AND event_id = ANY (ARRAY(
        SELECT event_id FROM pending_shadow WHERE shadow_id = $1 AND event_id <= (
            SELECT event_id FROM pending_shadow WHERE shadow_id = $1
            ORDER BY event_id DESC OFFSET $2 LIMIT 1)
        ORDER BY event_id LIMIT $2 FOR UPDATE SKIP LOCKED
    ))
    RETURNING event_id
)
UPDATE shadow SET skipped = skipped + (SELECT count(*) FROM gone)
WHERE id = $1 AND state = 'running' AND EXISTS (SELECT FROM gone)
"""


async def skip_overflow(shadow_id: UUID, most_waiting: int = MOST_WAITING) -> bool:
    """Let go of the oldest events beyond `most_waiting` that wait, and count them as skipped;
    whether there were any."""
    return await execute(_SKIP, shadow_id, most_waiting) > 0


async def clear_queue(shadow_id: UUID, most: int) -> int:
    """Delete what waits for a shadow that has ended, at most `most`; how many went."""
    return await execute(
        "DELETE FROM pending_shadow WHERE shadow_id = $1 AND event_id = ANY (ARRAY("
        "SELECT event_id FROM pending_shadow WHERE shadow_id = $1 LIMIT $2 "
        "FOR UPDATE SKIP LOCKED))",
        shadow_id,
        most,
    )
