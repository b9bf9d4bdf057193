"""Switch many triggers on or off at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.switch_schedule import before_switch
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, expectations, lanes, trigger_bulk
from domain.store.database import transaction
from domain.store.trigger_bulk import TriggerSwitch

MOST_TRIGGERS = 1_000


@dataclass(frozen=True, slots=True)
class Switched:
    """What became of it: `changed` were switched now, `already` were so before, and `missing` are
    deleted or never were the team's."""

    changed: tuple[TriggerSwitch, ...]
    already: int
    missing: int


async def set_triggers_enabled(
    actor: Actor, trigger_ids: Sequence[UUID], *, enabled: bool
) -> Switched:
    """Switch those of the triggers that are not switched so yet, all or none, each with its own
    audit entry. Of what came due while a schedule was off, its own policy says what runs; all that
    was held for a trigger runs.

    Raises InvalidInput for none at all, or more than 1,000.
    """
    actor.require(EDIT_TRIGGERS)
    wanted = sorted(set(trigger_ids))
    if not 0 < len(wanted) <= MOST_TRIGGERS:
        raise InvalidInput.at("ids", f"must be 1 to {MOST_TRIGGERS:,} triggers")
    async with transaction():
        for trigger_id in await trigger_bulk.lock_schedules(actor.team_id, wanted, enabled=enabled):
            # One pass of each: after an outage a thousand of them could have a million slots due.
            await before_switch(
                actor.team_id, trigger_id, enabled=enabled, catch_up="policy", passes=1
            )
        changed = await trigger_bulk.switch(actor.team_id, wanted, enabled=enabled)
        if enabled:
            # All of their lanes at once, in everybody's order: trigger by trigger, this could wait
            # in a circle with a pass that goes through the lanes of several.
            await lanes.look_again(actor.team_id, [each.id for each in changed])
        await expectations.look_again(actor.team_id, [each.id for each in changed])
        for each in changed:
            await _record(actor, each)
    there = await trigger_bulk.switches_of(actor.team_id, wanted)
    return Switched(tuple(changed), len(there) - len(changed), len(wanted) - len(there))


async def _record(actor: Actor, switched: TriggerSwitch) -> None:
    before = {"name": switched.name, "enabled": not switched.enabled}
    after = {"name": switched.name, "enabled": switched.enabled}
    action = "enable" if switched.enabled else "disable"
    await audit.record(actor, action, "trigger", switched.id, before=before, after=after)
