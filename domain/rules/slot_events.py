"""The event of a slot: what conditions, steps and people see of it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.rules.ids import id_at
from domain.rules.instants import rfc3339
from domain.rules.schedules.schedule import Schedule

KIND = "schedule"


class SlotEvent(NamedTuple):
    """An event about to be stored. `body` is JSON."""

    id: UUID
    title: str
    body: bytes


def slot_id(trigger_id: UUID, epoch: int, at: datetime) -> UUID:
    """The one id of a schedule's slot: it begins with the slot's instant, and whoever works the
    slot out comes to the same. After an edit the same instant is another slot."""
    return id_at(at, "slot", trigger_id, epoch, rfc3339(at))


def slot_event(
    slot: UUID, at: datetime, schedule: Schedule, catch_up: str | None, now: datetime
) -> SlotEvent:
    """The event of a slot that fires at `now`."""
    local = schedule.local(at)
    body = {
        "slot": str(slot),
        "scheduled_for": rfc3339(at),
        "local_time": local.isoformat(),
        "zone": schedule.zone_name,
        "catch_up": catch_up,
    }
    return SlotEvent(
        # Filed by when it came to be, not by when it should have.
        id=id_at(now, "event of slot", slot),
        title=f"{local:%Y-%m-%d %H:%M:%S} {schedule.zone_name}",
        body=msgspec.json.encode(body),
    )
