"""Backfills: slots of the past that somebody asked to have run, and the clock's way through them.

A backfill's slots have ids that derive from its own (`slot` rows wait in the partition of the day
on which it was asked for), so it can hold an instant once, and finds its rows by its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.rules.backfills import Recorded
from domain.rules.ids import derived_from, derived_id
from domain.rules.schedules.occurrences import Occurrence
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.jsonb import plain_text
from domain.store.pages import PAGE_SIZE, Page, Position, read_page
from domain.store.slots import COLUMNS, SlotRow, slot_row


@dataclass(frozen=True, slots=True)
class NewBackfill:
    """A backfill about to be stored."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    epoch: int
    since: datetime
    until: datetime
    per_minute: int
    note: str
    created_by: str


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """A backfill; `enabled` is its trigger's switch: while that is off, it waits."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    range_from: datetime
    range_to: datetime
    per_minute: int
    note: str
    state: str
    total: int
    released: int
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    enabled: bool


_FIELDS = tuple(name for name in BackfillRow.__dataclass_fields__ if name != "enabled")
_SHOWN = (
    f"SELECT {', '.join(f'b.{name}' for name in _FIELDS)}, t.enabled FROM backfill b "
    "JOIN trigger t ON t.team_id = b.team_id AND t.id = b.trigger_id "
    "WHERE b.team_id = $1 AND b.trigger_id = $2"
)


def _backfill(row: Row) -> BackfillRow:
    return BackfillRow(**row)


async def page_of_backfills(
    team_id: UUID, trigger_id: UUID, position: Position, *, size: int = PAGE_SIZE
) -> Page[BackfillRow]:
    """The trigger's backfills, newest first."""
    return await read_page(_SHOWN, "b.id", (team_id, trigger_id), position, _backfill, size=size)


async def find_backfill(team_id: UUID, trigger_id: UUID, backfill_id: UUID) -> BackfillRow | None:
    """The backfill, or None if the trigger has none of this id."""
    row = await fetch_one(f"{_SHOWN} AND b.id = $3", team_id, trigger_id, backfill_id)
    return _backfill(row) if row else None


# Joined, and not `= ANY`: the planner would weigh each of 5,000 instants for each partition.
_RECORDED = """
SELECT s.scheduled_for, s.state, s.reason, s.catch_up
FROM slot s JOIN unnest($3::timestamptz[]) AS a (at) ON a.at = s.scheduled_for
WHERE s.team_id = $1 AND s.trigger_id = $2 AND s.scheduled_for BETWEEN $4 AND $5
"""


async def recorded_slots(
    team_id: UUID, trigger_id: UUID, instants: Sequence[datetime]
) -> list[Recorded]:
    """What is on record of these instants, of all epochs and backfills of the trigger."""
    if not instants:
        return []
    bounds = min(instants), max(instants)
    rows = await fetch(_RECORDED, team_id, trigger_id, list(instants), *bounds)
    return [Recorded(**row) for row in rows]


async def is_running(team_id: UUID, trigger_id: UUID) -> bool:
    """Whether the trigger has a backfill that has not ended."""
    row = await fetch_one(
        "SELECT id FROM backfill WHERE team_id = $1 AND trigger_id = $2 AND state = 'running'",
        team_id,
        trigger_id,
    )
    return row is not None


_ADD_SLOTS = """
INSERT INTO slot (id, team_id, trigger_id, epoch, scheduled_for, due_at, change, state, catch_up,
    backfill_id)
SELECT s.id, $2, $3, $4, s.scheduled_for, now(), s.change, 'waiting', 'backfill', $1
FROM unnest($5::uuid[], $6::timestamptz[], $7::text[]) AS s (id, scheduled_for, change)
"""


async def add_backfill(new: NewBackfill, slots: Sequence[Occurrence]) -> None:
    """Store it with its slots, oldest first, which wait. Lists are read by id, so the ids stand in
    the order of the slots."""
    ids = sorted(derived_id(new.id, each.at.isoformat()) for each in slots)
    await execute(
        "INSERT INTO backfill (id, team_id, trigger_id, range_from, range_to, per_minute, note, "
        "total, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id, new.team_id, new.trigger_id, new.since, new.until, new.per_minute,
        plain_text(new.note), len(slots), new.created_by,
    )  # fmt: skip
    await execute(
        _ADD_SLOTS, new.id, new.team_id, new.trigger_id, new.epoch, ids,
        [each.at for each in slots], [each.change for each in slots],
    )  # fmt: skip


async def present_epoch(team_id: UUID, trigger_id: UUID) -> int:
    """The number of the schedule's epoch in force; 0 where there is none."""
    row = await fetch_one(
        "SELECT epoch FROM schedule WHERE team_id = $1 AND trigger_id = $2 AND until_at IS NULL",
        team_id,
        trigger_id,
    )
    return int(row["epoch"]) if row else 0


_OF_BACKFILL = "team_id = $1 AND backfill_id = $2 AND id >= $3 AND id < $4"


async def outcomes_of(team_id: UUID, backfill_id: UUID) -> dict[str, int]:
    """How many of its slots are in each state."""
    rows = await fetch(
        f"SELECT state, count(*) AS amount FROM slot WHERE {_OF_BACKFILL} GROUP BY state",
        team_id,
        backfill_id,
        *derived_from([backfill_id]),
    )
    return {row["state"]: row["amount"] for row in rows}


@dataclass(frozen=True, slots=True)
class BackfillSlot:
    """A slot of a backfill, and the event and execution that it came to."""

    id: UUID
    scheduled_for: datetime
    change: str | None
    state: str
    reason: str | None
    event_id: UUID | None
    execution_id: UUID | None


async def slots_of(
    team_id: UUID, backfill_id: UUID, *, offset: int = 0, limit: int = PAGE_SIZE
) -> list[BackfillSlot]:
    """Its slots, oldest first. There are 5,000 at most, so they may be counted off."""
    rows = await fetch(
        "SELECT id, scheduled_for, change, state, reason, event_id, execution_id FROM slot "
        f"WHERE {_OF_BACKFILL} ORDER BY scheduled_for, id LIMIT $5 OFFSET $6",
        team_id,
        backfill_id,
        *derived_from([backfill_id]),
        limit,
        offset,
    )
    return [BackfillSlot(**row) for row in rows]


async def cancel(team_id: UUID, backfill_id: UUID) -> int:
    """End it if it has not ended; 0 when it has. Waits for a clock that is just releasing."""
    return await execute(
        "UPDATE backfill SET state = 'canceled', release_at = NULL, ended_at = now() "
        "WHERE team_id = $1 AND id = $2 AND state = 'running'",
        team_id,
        backfill_id,
    )


async def cancel_slots(team_id: UUID, backfill_id: UUID) -> int:
    """Its slots that wait are not run any more; how many."""
    return await execute(
        f"UPDATE slot SET state = 'skipped', reason = 'canceled' WHERE {_OF_BACKFILL} "
        "AND state = 'waiting'",
        team_id,
        backfill_id,
        *derived_from([backfill_id]),
    )


# --- What clocks do ----------------------------------------------------------------------------


class Releasing(NamedTuple):
    """A backfill whose next slots may go; `deleted`: its trigger is gone."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    per_minute: int
    deleted: bool


# While its trigger is off, a backfill waits: its events would be decided as Paused.
_LOCK_DUE = """
SELECT b.id, b.team_id, b.trigger_id, b.per_minute, t.deleted_at IS NOT NULL AS deleted
FROM backfill b JOIN trigger t ON t.team_id = b.team_id AND t.id = b.trigger_id
WHERE b.state = 'running' AND b.release_at <= now() AND (t.enabled OR t.deleted_at IS NOT NULL)
ORDER BY b.release_at LIMIT 1 FOR UPDATE OF b SKIP LOCKED
"""


async def lock_due() -> Releasing | None:
    """The backfill that waits longest for its next slots, which no other clock then takes until the
    transaction ends."""
    row = await fetch_one(_LOCK_DUE)
    return Releasing(**row) if row else None


# Due when they go: how late they start is measured from then.
_TAKE = f"""
WITH next AS (
    SELECT id FROM slot WHERE {_OF_BACKFILL} AND state = 'waiting'
    ORDER BY scheduled_for, id LIMIT $5 FOR UPDATE
)
UPDATE slot s SET due_at = now() FROM next WHERE s.id = next.id AND s.id >= $3 AND s.id < $4
RETURNING {COLUMNS}
"""


async def take_waiting(team_id: UUID, backfill_id: UUID, most: int) -> list[SlotRow]:
    """The oldest of its slots that wait, at most `most`; due now."""
    rows = await fetch(_TAKE, team_id, backfill_id, *derived_from([backfill_id]), most)
    return sorted(map(slot_row, rows), key=lambda each: each.scheduled_for)


async def are_waiting(team_id: UUID, backfill_id: UUID) -> bool:
    """Whether some of its slots wait."""
    row = await fetch_one(
        f"SELECT id FROM slot WHERE {_OF_BACKFILL} AND state = 'waiting' LIMIT 1",
        team_id,
        backfill_id,
        *derived_from([backfill_id]),
    )
    return row is not None


async def note_released(released: Releasing, amount: int, wait_s: float) -> int:
    """Count the slots that went, and have the next ones wait. After an outage they do not all go at
    once: the rate is what was asked for."""
    return await execute(
        "UPDATE backfill SET released = released + $3, "
        "release_at = greatest(release_at + $4 * interval '1 second', now()) "
        "WHERE team_id = $1 AND id = $2 AND state = 'running'",
        released.team_id,
        released.id,
        amount,
        wait_s,
    )


async def finish(released: Releasing) -> int:
    """It is done: none of its slots waits any more."""
    return await execute(
        "UPDATE backfill SET state = 'finished', release_at = NULL, ended_at = now() "
        "WHERE team_id = $1 AND id = $2 AND state = 'running'",
        released.team_id,
        released.id,
    )


async def put_off(failed: Releasing, for_s: float) -> int:
    """Try it again later only: something about it is not as it must be."""
    return await execute(
        "UPDATE backfill SET release_at = now() + $3 * interval '1 second' "
        "WHERE team_id = $1 AND id = $2 AND state = 'running'",
        failed.team_id,
        failed.id,
        for_s,
    )
