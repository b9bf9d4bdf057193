"""Run slots that came due while their trigger was off, as it is switched on again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.operations.fire_slots import fire_again
from domain.operations.record_slots import schedule_of
from domain.rules.resuming import (
    LOOKS_BACK,
    MOST_LOOKED_AT,
    Beyond,
    ResumeChoice,
    beyond_policy,
    paused_since_off,
    to_run,
)
from domain.rules.schedules.schedule import Schedule
from domain.store import schedules, triggers
from domain.store.paused_slots import newest_slots
from domain.store.slots import SlotRow
from domain.store.triggers import TriggerRow


@dataclass(frozen=True, slots=True)
class PausedSlots:
    """What came due while a trigger was off, oldest first, and the schedule that says what to do
    with it. `more`: there were others before, which nobody looked at."""

    schedule: Schedule
    slots: Sequence[SlotRow]
    now: datetime
    more: bool

    def to_run(self, choice: ResumeChoice) -> list[SlotRow]:
        """Those that run, oldest first."""
        return to_run(self.slots, choice, self.schedule.catch_up, self.now)

    @property
    def beyond(self) -> Beyond:
        """What the trigger's own policy leaves out."""
        return beyond_policy(self.slots, self.schedule.catch_up, self.now)


async def paused_slots(row: TriggerRow) -> PausedSlots | None:
    """What came due while the trigger was off; None where that means nothing: it is on, or has no
    schedule."""
    if row.enabled or row.kind != "schedule":
        return None
    now = await schedules.now()
    newest = await newest_slots(row.team_id, row.id, now - LOOKS_BACK, MOST_LOOKED_AT)
    found = paused_since_off(newest)
    more = len(newest) == MOST_LOOKED_AT and newest[-1] in found[:1]
    return PausedSlots(schedule_of(row.config), found, now, more)


async def run_paused(team_id: UUID, trigger_id: UUID, choice: ResumeChoice) -> list[UUID]:
    """Fire what `choice` says of it; the events to ring for. What does not run stays paused.

    Within the transaction that switches the trigger on, which has locked it: so of two people who
    do that at once, one finds it off.
    """
    row = await triggers.find_trigger(team_id, trigger_id)
    found = None if row is None else await paused_slots(row)
    if found is None:
        return []
    slots = found.to_run(choice)
    return list(await fire_again(slots, "resume", found.now)) if slots else []
