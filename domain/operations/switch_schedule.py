"""What has to be done about a schedule's slots before its trigger is switched on or off."""

from collections.abc import Sequence
from uuid import UUID

from domain.operations.fire_slots import MOST_PASSES_OF_ONE, bring_up_to_date
from domain.operations.run_paused import run_paused
from domain.rules.resuming import ResumeChoice


async def before_switch(
    team_id: UUID,
    trigger_id: UUID,
    *,
    enabled: bool,
    catch_up: ResumeChoice,
    passes: int = MOST_PASSES_OF_ONE,
) -> Sequence[UUID]:
    """Put what was due until now on record, by the switch as it was until now, and where it goes on
    run what `catch_up` says of what came due while it was off; the events to ring for.

    Within the transaction that switches the trigger, which has locked it, and before it does.
    """
    due = await bring_up_to_date(team_id, trigger_id, passes=passes)
    return [*due, *await run_paused(team_id, trigger_id, catch_up)] if enabled else due
