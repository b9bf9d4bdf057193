"""What of a schedule still runs, and whether a slot waits for it to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.rules.ids import first_id_at
from domain.store import slots
from domain.store.slot_ends import outcomes_of
from domain.store.slots import OpenSlot

# Longer than a slot may lie back when it is fired, and than anything is retried after that.
OPEN_FOR = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Running:
    """The slots whose events are undecided or whose executions have not ended, and whether another
    one waits."""

    slots: tuple[OpenSlot, ...] = ()
    waiting: bool = False


async def running_slots(trigger_ids: Sequence[UUID], now: datetime) -> dict[UUID, Running]:
    """By trigger, what runs and waits; nothing for those with neither."""
    found = await slots.open_slots(trigger_ids, first_id_at(now - OPEN_FOR))
    outcomes = await outcomes_of(
        {slot.event_id: slot.trigger_id for slot in found if slot.event_id is not None}
    )
    over = {event_id for event_id, outcome in outcomes.items() if outcome.is_over}
    running: dict[UUID, Running] = {}
    for slot in found:
        known = running.get(slot.trigger_id, Running())
        if slot.event_id is None:
            running[slot.trigger_id] = Running(known.slots, waiting=True)
        elif slot.event_id not in over:
            running[slot.trigger_id] = Running((*known.slots, slot), known.waiting)
    return running
