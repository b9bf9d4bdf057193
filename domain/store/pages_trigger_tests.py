"""The event that a test became: the door stored it with the mark of one."""

from datetime import datetime
from uuid import UUID

from domain.rules.ids import first_id_at
from domain.store.database import fetch_one

_MARK = '[["signalbox-test", "1"]]'


async def sent_test(team_id: UUID, trigger_id: UUID, body: bytes, since: datetime) -> UUID | None:
    """The newest test event of the trigger with this very body, not older than `since`: which one
    the door made, where the trigger's own answer does not say."""
    row = await fetch_one(
        "SELECT id FROM event WHERE team_id = $1 AND trigger_id BETWEEN $2 AND $2 AND id >= $3 "
        "AND headers @> $4::jsonb AND body = $5 ORDER BY trigger_id DESC, id DESC LIMIT 1",
        team_id,
        trigger_id,
        first_id_at(since),
        _MARK,
        body,
    )
    return row["id"] if row else None
