"""Slots: what became of each instant at which something was due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.clock import utc_now
from domain.rules.ids import instant_of
from domain.rules.slot_events import KIND, SlotEvent, slot_id
from domain.store.database import Row, execute, fetch
from domain.store.partitions import make_past_partitions

__all__ = ["NewSlot", "SlotRow", "fire", "record", "slot_id", "slots_of_trigger"]

SUPERSEDED = "superseded"
"""The reason of a slot that fired and whose execution a later slot of its schedule ends."""


@dataclass(frozen=True, slots=True)
class NewSlot:
    """A slot about to be put on record; one that fires comes with its `event`."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    epoch: int
    scheduled_for: datetime
    due_at: datetime
    change: str | None
    state: str
    reason: str | None = None
    catch_up: str | None = None
    backfill_id: UUID | None = None
    event: SlotEvent | None = None


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot as it is on record."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    epoch: int
    scheduled_for: datetime
    due_at: datetime
    change: str | None
    state: str
    reason: str | None
    catch_up: str | None
    backfill_id: UUID | None
    event_id: UUID | None
    execution_id: UUID | None
    recorded_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


COLUMNS = ", ".join(f"s.{name}" for name in SlotRow.__dataclass_fields__)


def slot_row(row: Row) -> SlotRow:
    """The slot of a row with these columns."""
    return SlotRow(**{name: row[name] for name in SlotRow.__dataclass_fields__})


# What follows from slots that came to be or changed: their events with a place in the queue.
_STORE_EVENTS = f"""
stored AS (
    INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, body)
    SELECT g.event_id, r.team_id, r.trigger_id, '{KIND}', '[]', '', 'application/json', g.title,
        g.body
    FROM recorded r JOIN given g ON g.id = r.id WHERE g.event_id IS NOT NULL
    RETURNING id, team_id, trigger_id, octet_length(body) AS size
), queued AS (
    INSERT INTO pending_event (event_id, team_id, trigger_id, size)
    SELECT id, team_id, trigger_id, size FROM stored
)
SELECT id FROM recorded
"""

# One statement: of several clocks that come to the same slot one records it, and only that one's
# event is stored. In the order of their ids, so that two cannot wait for each other. What does not
# run is counted at once, in its own hour; what fires is counted when it is known how late.
_RECORD = f"""
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[],
        $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[], $11::uuid[],
        $12::uuid[], $13::text[], $14::bytea[])
    AS g (id, team_id, trigger_id, epoch, scheduled_for, due_at, change, state, reason, catch_up,
        backfill_id, event_id, title, body)
), recorded AS (
    INSERT INTO slot (id, team_id, trigger_id, epoch, scheduled_for, due_at, change, state, reason,
        catch_up, backfill_id, event_id, check_at)
    SELECT id, team_id, trigger_id, epoch, scheduled_for, due_at, change, state, reason, catch_up,
        backfill_id, event_id,
        CASE WHEN event_id IS NOT NULL OR (state = 'waiting' AND backfill_id IS NULL)
            THEN now() + interval '2 seconds' END
    FROM given ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING id, team_id, trigger_id, scheduled_for, state
), counted AS (
    INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount)
    SELECT gen_random_uuid(), team_id, trigger_id, date_trunc('hour', scheduled_for),
        'slot:' || state, count(*)
    FROM recorded WHERE state IN ('skipped', 'paused', 'missed') GROUP BY 2, 3, 4, 5
), {_STORE_EVENTS}
"""


async def record(new: Sequence[NewSlot]) -> set[UUID]:
    """Put those slots on record that are not yet, and store the events of those that fire; the ids
    of the slots that are new."""
    if not new:
        return set()
    await _make_room([instant_of(slot.id) for slot in new])
    columns = zip(*((s.id, s.team_id, s.trigger_id, s.epoch, s.scheduled_for, s.due_at, s.change,
                     s.state, s.reason, s.catch_up, s.backfill_id,
                     s.event and s.event.id, s.event and s.event.title, s.event and s.event.body)
                    for s in new), strict=True)  # fmt: skip
    rows = await fetch(_RECORD, *(list(column) for column in columns))
    return {row["id"] for row in rows}


async def _make_room(instants: Sequence[datetime]) -> None:
    """Partitions are made ahead. Those of a time when nobody was there to make any are made now:
    what ended up in the default one would stand in their way for ever."""
    today = utc_now().date()
    past = [each for each in instants if each.date() != today]
    if past:
        await make_past_partitions("slot", past)


_FIRE = f"""
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::bytea[])
    AS g (id, team_id, expected, event_id, title, body)
), recorded AS (
    UPDATE slot s SET state = 'fired', reason = NULL, catch_up = $7, event_id = g.event_id,
        check_at = now() + interval '2 seconds'
    FROM given g
    WHERE s.id = g.id AND s.id = ANY ($1) AND s.team_id = g.team_id AND s.state = g.expected
    RETURNING s.id, s.team_id, s.trigger_id
), {_STORE_EVENTS}
"""


async def fire(slots: Sequence[tuple[SlotRow, SlotEvent]], catch_up: str | None) -> set[UUID]:
    """Fire slots that are on record otherwise, as they were seen; the ids of those that were still
    so. Raises ValueError for a slot that has fired already."""
    if any(slot.event_id is not None for slot, _ in slots):
        raise ValueError("a slot fires once")
    if not slots:
        return set()
    rows = await fetch(
        _FIRE,
        [slot.id for slot, _ in slots],
        [slot.team_id for slot, _ in slots],
        [slot.state for slot, _ in slots],
        [event.id for _, event in slots],
        [event.title for _, event in slots],
        [event.body for _, event in slots],
        catch_up,
    )
    return {row["id"] for row in rows}


async def slots_of_trigger(
    team_id: UUID,
    trigger_id: UUID,
    start: datetime,
    end: datetime,
    *,
    states: Sequence[str] | None = None,
    most: int,
) -> list[SlotRow]:
    """The trigger's slots scheduled within (start, end], oldest first, those of backfills among
    them; of these `states` only, unless that is None."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM slot s WHERE s.team_id = $1 AND s.trigger_id = $2 "
        "AND s.scheduled_for > $3 AND s.scheduled_for <= $4 "
        "AND ($5::text[] IS NULL OR s.state = ANY ($5)) ORDER BY s.scheduled_for, s.id LIMIT $6",
        team_id,
        trigger_id,
        start,
        end,
        None if states is None else list(states),
        most,
    )
    return [slot_row(row) for row in rows]


# --- What runs, and what waits -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenSlot:
    """A slot that fired and of which nobody has seen the end yet, or that waits for its turn."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    state: str
    event_id: UUID | None


# Two indexes, so two looks. Backfills run beside everything else, whatever the policy.
_OPEN = """
SELECT id, team_id, trigger_id, state, event_id FROM slot
WHERE trigger_id = ANY ($1) AND id >= $2 AND event_id IS NOT NULL AND finished_at IS NULL
    AND catch_up IS DISTINCT FROM 'backfill'
UNION ALL
SELECT id, team_id, trigger_id, state, event_id FROM slot
WHERE trigger_id = ANY ($1) AND id >= $2 AND state = 'waiting' AND backfill_id IS NULL
"""


async def open_slots(trigger_ids: Sequence[UUID], since: UUID) -> list[OpenSlot]:
    """Of these triggers, the slots that may be running and those that wait, with ids from `since`
    on."""
    if not trigger_ids:
        return []
    rows = await fetch(_OPEN, list(trigger_ids), since)
    return [OpenSlot(**row) for row in rows]


async def supersede(ids: Sequence[UUID]) -> int:
    """Mark slots whose executions a later one ends, whenever they begin; how many. They are looked
    at again at once."""
    return await execute(
        f"UPDATE slot SET reason = '{SUPERSEDED}', check_at = now() "
        "WHERE id = ANY ($1) AND event_id IS NOT NULL AND finished_at IS NULL",
        list(ids),
    )


async def set_aside(ids: Sequence[UUID], state: str, reason: str) -> int:
    """Let slots that wait for their turn wait no longer: they do not run; how many."""
    return await execute(_SET_ASIDE, list(ids), state, reason) if ids else 0


_SET_ASIDE = """
WITH gone AS (
    UPDATE slot SET state = $2, reason = $3, check_at = NULL
    WHERE id = ANY ($1) AND state = 'waiting'
    RETURNING id, team_id, trigger_id, scheduled_for
)
INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount)
SELECT gen_random_uuid(), team_id, trigger_id, date_trunc('hour', scheduled_for), 'slot:' || $2,
    count(*)
FROM gone GROUP BY 2, 3, 4
"""
