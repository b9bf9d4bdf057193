"""Let go the events that wait for a trigger while it is off, as it is switched on."""

from uuid import UUID

from domain.rules.holding import HeldChoice
from domain.store import lanes


async def release_held(team_id: UUID, trigger_id: UUID, choice: HeldChoice) -> None:
    """Have the clock run them, in their order, or put on record that they were dropped. What waits
    for the trigger's limits goes on waiting for these. Within the transaction that switches the
    trigger on."""
    await lanes.look_again(team_id, trigger_id, "pause", dropping=choice == "drop")
    await lanes.look_again(team_id, trigger_id)
