"""What the auditor of schedules reads and writes. It acts for all teams."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, execute, fetch


async def lock_unaudited(most: int) -> Sequence[Row]:
    """Lock epochs that are to be audited now, longest due first, with the database's `now`.

    Who fires a schedule locks the same row, before any slot is written: so of one schedule either
    something fires or something is audited, and neither waits for the other with a slot in hand.
    """
    return await fetch(
        "SELECT s.trigger_id, s.epoch, s.team_id, s.until_at, s.next_slot, s.audited_until, "
        "v.config, now() AS now FROM schedule s "
        "JOIN trigger_version v ON v.team_id = s.team_id AND v.id = s.trigger_version_id "
        "WHERE s.audit_at <= now() ORDER BY s.audit_at LIMIT $1 FOR UPDATE OF s SKIP LOCKED",
        most,
    )


# BETWEEN and the order leave the planner no other index than that by trigger and id.
_ON_RECORD = """
SELECT a.trigger_id, a.epoch, s.scheduled_for
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[]) AS a (trigger_id, epoch, low, below)
CROSS JOIN LATERAL (
    SELECT scheduled_for, epoch, backfill_id FROM slot
    WHERE trigger_id BETWEEN a.trigger_id AND a.trigger_id AND id >= a.low AND id < a.below
    ORDER BY trigger_id, id
) s
WHERE s.epoch = a.epoch AND s.backfill_id IS NULL
"""


async def slots_on_record(
    asked: Sequence[tuple[UUID, int, UUID, UUID]],
) -> dict[tuple[UUID, int], list[datetime]]:
    """The instants of the slots on record by trigger and epoch; `asked` are these, and the bounds
    (from, below) of the ids."""
    found: dict[tuple[UUID, int], list[datetime]] = {one[:2]: [] for one in asked}
    columns = zip(*asked, strict=True)
    for row in await fetch(_ON_RECORD, *(list(column) for column in columns)):
        found[row["trigger_id"], row["epoch"]].append(row["scheduled_for"])
    return found


async def save_audits(
    audited: Sequence[tuple[UUID, int, datetime, datetime | None]],
) -> int:
    """How far locked epochs are audited, and when to look again: triggers, epochs, instants."""
    columns = zip(*audited, strict=True)
    return await execute(
        "UPDATE schedule s SET audited_until = a.until, audit_at = a.next FROM unnest($1::uuid[], "
        "$2::int[], $3::timestamptz[], $4::timestamptz[]) AS a (trigger_id, epoch, until, next) "
        "WHERE s.trigger_id = a.trigger_id AND s.epoch = a.epoch",
        *(list(column) for column in columns),
    )
