"""Look how far the slots are that fired: when they started, and whether they ended. Slots that wait
for another one's end have their turn.

Each slot says when to look again. One transaction a pass; several clocks take different slots.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.operations.cancel_executions import end_superseded
from domain.operations.fire_slots import fire_again
from domain.operations.running_slots import OPEN_FOR, running_slots
from domain.rules.ids import first_id_at
from domain.rules.schedules.catch_up import ON_TIME_S
from domain.rules.skew import skew_bucket
from domain.store import schedules, slot_ends, slots
from domain.store.database import transaction
from domain.store.schedules import Key
from domain.store.slot_ends import Measured, Outcome
from domain.store.slots import SUPERSEDED, SlotRow

MOST_A_PASS = 500
# Slots are filed by day. What was due lately is looked for often, in few places; what is older and
# not over yet runs for days, or came to light after an outage.
RECENT = timedelta(days=2)
AHEAD = timedelta(days=1)
SOONEST_S = 2.0
LATEST_S = 300.0
WAITING_EVERY_S = 1.0

_LATE = timedelta(seconds=ON_TIME_S)
# They run outside of their time because somebody wanted it so: that says nothing about us.
_UNCOUNTED = frozenset({"resume", "backfill"})


@dataclass(frozen=True, slots=True)
class SlotsSeen:
    """The events of slots whose turn came, whose pages show something new (by team and trigger),
    and how many slots were looked at."""

    event_ids: list[UUID] = field(default_factory=list)
    changed: set[tuple[UUID, UUID]] = field(default_factory=set)
    slots: int = 0


async def measure_slots(*, old: bool = False) -> SlotsSeen:
    """Look at up to 500 slots of which it is time: of those due within the last two days, or of the
    `old` ones."""
    async with transaction():
        await schedules.bound_transaction()
        now = await schedules.now()
        since, until = (OPEN_FOR, -RECENT) if old else (RECENT, AHEAD)
        rows = await slot_ends.take_to_check(
            first_id_at(now - since), first_id_at(now + until), MOST_A_PASS
        )
        fired = {row.event_id: row for row in rows if row.event_id is not None}
        outcomes = await slot_ends.outcomes_of(
            {event_id: row.trigger_id for event_id, row in fired.items()}
        )
        measured = [_measure(row, outcomes.get(id_), now) for id_, row in fired.items()]
        await slot_ends.save_measured(measured)
        event_ids = await _give_turns([row for row in rows if row.event_id is None], now)
    ending = [row for row in fired.values() if row.reason == SUPERSEDED]
    if ending:
        await end_superseded(ending)
    return SlotsSeen(event_ids, {(row.team_id, row.trigger_id) for row in rows}, len(rows))


def _measure(row: SlotRow, outcome: Outcome | None, now: datetime) -> Measured:
    """What is known of a slot that fired. Late is what started, or could start by now at the
    earliest, more than a minute after it was due."""
    started_at = row.started_at or _started_at(outcome)
    finished_at = _finished_at(outcome)
    late = (started_at or now) - row.due_at > _LATE
    counts = row.started_at is None and started_at is not None and row.catch_up not in _UNCOUNTED
    skew = (started_at or now) - row.due_at
    return Measured(
        id=row.id,
        state="late" if late else "fired",
        execution_id=outcome.execution_id if outcome else None,
        started_at=started_at,
        finished_at=finished_at,
        check_in_s=None if finished_at else _look_again_in_s(now - row.recorded_at),
        outcome=f"slot:{'late' if late else 'on_time'}" if counts else None,
        skew=skew_bucket(skew) if counts else None,
    )


def _started_at(outcome: Outcome | None) -> datetime | None:
    if outcome is None:
        return None
    if outcome.execution_id is None:
        return outcome.decided_at
    # Canceled before it began, it began when it ended.
    return outcome.started_at or outcome.finished_at


def _finished_at(outcome: Outcome | None) -> datetime | None:
    if outcome is None or not outcome.is_over:
        return None
    return outcome.finished_at or outcome.decided_at


def _look_again_in_s(age: timedelta) -> float:
    """Soon at first, and rarely for what runs for hours: a tenth of the time that it has run."""
    return min(max(age.total_seconds() / 10, SOONEST_S), LATEST_S)


async def _give_turns(waiting: Sequence[SlotRow], now: datetime) -> list[UUID]:
    """Fire the slots that wait for another one's end, where that has come: one a trigger, the
    oldest; the events to ring for. Of a trigger that was switched off meanwhile they do not run."""
    running = await running_slots([row.trigger_id for row in waiting], now)
    first: dict[UUID, SlotRow] = {}
    for row in sorted(waiting, key=lambda row: row.scheduled_for):
        if row.trigger_id not in running or not running[row.trigger_id].slots:
            first.setdefault(row.trigger_id, row)
    turns = {row.id: row for row in first.values()}
    # Those whose turn it is, too: one that cannot be fired must not be the first each time.
    await slot_ends.check_again([row.id for row in waiting], WAITING_EVERY_S)
    epochs = await schedules.rows_of([Key(row.trigger_id, row.epoch) for row in turns.values()])
    enabled = {epoch.trigger_id for epoch in epochs if epoch.enabled}
    off = [row.id for row in turns.values() if row.trigger_id not in enabled]
    await slots.set_aside(off, "paused", "trigger_disabled")
    event_ids: list[UUID] = []
    for row in (row for row in turns.values() if row.trigger_id in enabled):
        event_ids += await fire_again([row], row.catch_up, now)
    return event_ids
