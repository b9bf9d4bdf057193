"""The newest slots of a schedule, to find those that came due while it was off."""

from datetime import datetime
from uuid import UUID

from domain.rules.ids import first_id_at
from domain.rules.resuming import LEFT_PAUSED
from domain.store.database import execute, fetch
from domain.store.slots import COLUMNS, SlotRow, slot_row


async def newest_slots(
    team_id: UUID, trigger_id: UUID, since: datetime, most: int
) -> list[SlotRow]:
    """The trigger's slots since an instant, newest first, at most `most`, without those of
    backfills. A slot's id begins with its instant, so the ids' order is theirs."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM slot s WHERE s.team_id = $1 AND s.trigger_id = $2 AND s.id >= $3 "
        "AND s.backfill_id IS NULL ORDER BY s.id DESC LIMIT $4",
        team_id,
        trigger_id,
        first_id_at(since),
        most,
    )
    return [slot_row(row) for row in rows]


async def leave_paused(slot: SlotRow) -> int:
    """Note that a paused slot, and so each before it, is not to run when its trigger is switched on
    another time."""
    return await execute(
        "UPDATE slot SET reason = $3 WHERE team_id = $1 AND id = $2 AND state = 'paused'",
        slot.team_id,
        slot.id,
        LEFT_PAUSED,
    )
