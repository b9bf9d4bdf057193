"""The latest events of a trigger with all that conditions look at, within bounds of memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.database import Row, fetch, fetch_one
from domain.store.pages_events import verdicts_of

SLICE = 50
_COLUMNS = "id, trigger_id, kind, received_at, headers, query, content_type, title, sender_id, body"
# BETWEEN, and the trigger in the order, so that the planner has no other index: see `scans.py`.
_NEWEST = (
    "FROM event WHERE team_id = $1 AND trigger_id BETWEEN $2 AND $2 "
    "ORDER BY trigger_id DESC, id DESC LIMIT $3"
)


@dataclass(frozen=True, slots=True)
class EventChoice:
    """An event to choose from, with the verdict about it (None: it is not decided yet)."""

    id: UUID
    received_at: datetime
    title: str
    verdict: str | None


async def event_choices(team_id: UUID, trigger_id: UUID, most: int) -> list[EventChoice]:
    """The trigger's latest events, newest first."""
    rows = await fetch(f"SELECT id, received_at, title {_NEWEST}", team_id, trigger_id, most)
    verdicts = await verdicts_of(team_id, [row["id"] for row in rows])
    return [
        EventChoice(**row, verdict=next((each.verdict for each in verdicts[row["id"]]), None))
        for row in rows
    ]


async def event_of_trigger(team_id: UUID, trigger_id: UUID, event_id: UUID) -> Row | None:
    """One event of the trigger, whole; None: it has none of this id."""
    return await fetch_one(
        f"SELECT {_COLUMNS} FROM event WHERE team_id = $1 AND trigger_id = $2 AND id = $3",
        team_id,
        trigger_id,
        event_id,
    )


async def recent_events(
    team_id: UUID, trigger_id: UUID, most: int, most_bytes: int
) -> AsyncIterator[Row]:
    """The trigger's latest events, newest first: at most so many, with at most so many bytes of
    bodies in all. Read in slices, so that few of them are in memory at once."""
    rows = await fetch(
        f"SELECT id, octet_length(body) AS size {_NEWEST}", team_id, trigger_id, most
    )
    ids = _affordable(rows, most_bytes)
    for start in range(0, len(ids), SLICE):
        part = ids[start : start + SLICE]
        for row in await fetch(
            f"SELECT {_COLUMNS} FROM event WHERE team_id = $1 AND id = ANY ($2) "
            "AND id BETWEEN $3 AND $4 ORDER BY id DESC",
            team_id,
            part,
            part[-1],
            part[0],
        ):
            yield row


def _affordable(rows: Sequence[Row], most_bytes: int) -> list[UUID]:
    """The ids of the first rows, whose bodies come to so many bytes at most."""
    chosen: list[UUID] = []
    for row in rows:
        most_bytes -= row["size"]
        if most_bytes < 0:
            break
        chosen.append(row["id"])
    return chosen
