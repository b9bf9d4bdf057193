"""Run slots that came due while their trigger was off, as it is switched on again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.operations.fire_slots import fire_again
from domain.operations.record_slots import schedule_of
from domain.operations.running_slots import Running, running_slots
from domain.rules.resuming import (
    LOOKS_BACK,
    MOST_LOOKED_AT,
    Beyond,
    ResumeChoice,
    beyond_policy,
    paused_since_off,
    to_run,
)
from domain.rules.schedules.catch_up import CatchUp
from domain.rules.schedules.overlap import decide_overlap
from domain.rules.schedules.schedule import Schedule
from domain.store import schedules, slots, triggers
from domain.store.paused_slots import leave_paused, newest_slots
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

    @property
    def catch_up(self) -> CatchUp:
        """The trigger's own policy. What must not overlap is not started all at once: of that the
        newest runs."""
        policy = self.schedule.catch_up
        if policy.policy == "all" and self.schedule.overlap != "allow":
            return replace(policy, policy="latest")
        return policy

    def to_run(self, choice: ResumeChoice) -> list[SlotRow]:
        """Those that run, oldest first."""
        chosen = to_run(self.slots, choice, self.catch_up, self.now)
        # One that is not late yet would run beside the newest of those that are.
        alone = choice == "policy" and self.schedule.overlap != "allow"
        return chosen[-1:] if alone else chosen

    @property
    def beyond(self) -> Beyond:
        """What the trigger's own policy leaves out."""
        return beyond_policy(self.slots, self.catch_up, self.now)


async def paused_slots(row: TriggerRow, looks_back: timedelta = LOOKS_BACK) -> PausedSlots | None:
    """What came due while the trigger was off; None where that means nothing: it is on, or has no
    schedule."""
    if row.enabled or row.kind != "schedule":
        return None
    now = await schedules.now()
    newest = await newest_slots(row.team_id, row.id, now - looks_back, MOST_LOOKED_AT)
    found = paused_since_off(newest)
    more = len(newest) == MOST_LOOKED_AT and newest[-1] in found[:1]
    return PausedSlots(schedule_of(row.config), found, now, more)


async def run_paused(team_id: UUID, trigger_id: UUID, choice: ResumeChoice) -> list[UUID]:
    """Fire what `choice` says of it; the events to ring for. What does not run stays paused, and is
    not asked about again.

    Within the transaction that switches the trigger on, which has locked it: so of two people who
    do that at once, one finds it off.
    """
    row = await triggers.find_trigger(team_id, trigger_id)
    if row is None or row.kind != "schedule":
        return []
    # A thousand triggers may be switched on at once: no more is read of each than may run.
    looks_back = _reach_of(schedule_of(row.config)) if choice == "policy" else LOOKS_BACK
    found = await paused_slots(row, looks_back)
    if found is None or not found.slots:
        return []
    chosen = found.to_run(choice)
    if chosen and choice == "policy":
        chosen = await _beside_what_runs(found, chosen)
    event_ids = await fire_again(chosen, "resume", found.now) if chosen else []
    if not event_ids:
        await leave_paused(found.slots[-1])
    return event_ids


def _reach_of(schedule: Schedule) -> timedelta:
    """How far back the instant of a slot may lie that the policy may run."""
    return timedelta(seconds=schedule.catch_up.window_s + schedule.jitter_s)


async def _beside_what_runs(found: PausedSlots, chosen: list[SlotRow]) -> list[SlotRow]:
    """Those of them that the overlap policy lets run now: what was started before the trigger was
    switched off may go on yet. Nothing waits for its end: it was paused, and may stay so."""
    trigger_id, overlap = chosen[0].trigger_id, found.schedule.overlap
    if overlap == "allow":
        return chosen
    running = (await running_slots([trigger_id], found.now)).get(trigger_id, Running())
    decision = decide_overlap(overlap, bool(running.slots), running.waiting)
    if decision == "cancel_and_fire":
        await slots.supersede([slot.id for slot in running.slots])
    return chosen if decision in ("fire", "cancel_and_fire") else []
