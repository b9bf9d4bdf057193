"""End executions before they end by themselves."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.operations.open_gates import open_gates_left_by
from domain.store import executions
from domain.store.database import transaction
from domain.store.slot_ends import Outcome, outcomes_of
from domain.store.slots import SUPERSEDED, OpenSlot, SlotRow


async def cancel_executions(
    team_id: UUID, execution_ids: Sequence[UUID], reason: str
) -> list[UUID]:
    """End those of the team's executions that have not ended; which they were.

    An attempt under way is on record as canceled, and its worker hears of it within about a second:
    a call that it is making then may have reached its target all the same.
    """
    if not execution_ids:
        return []
    async with transaction():
        canceled = await executions.cancel(team_id, execution_ids, reason)
        await open_gates_left_by(canceled)
        return canceled


async def end_superseded(slots: Sequence[OpenSlot | SlotRow]) -> list[UUID]:
    """End the executions of slots whose place a later one takes; which they were. Those of events
    that are not decided yet are ended when their slot is looked at again."""
    events = {slot.event_id: slot.trigger_id for slot in slots if slot.event_id is not None}
    outcomes = await outcomes_of(events)
    teams = {slot.event_id: slot.team_id for slot in slots}
    canceled: list[UUID] = []
    for team_id, ids in _by_team(teams, outcomes).items():
        canceled += await cancel_executions(team_id, ids, SUPERSEDED)
    return canceled


def _by_team(
    teams: Mapping[UUID | None, UUID], outcomes: Mapping[UUID, Outcome]
) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for event_id, outcome in outcomes.items():
        if outcome.execution_id is not None and not outcome.is_over:
            found.setdefault(teams[event_id], []).append(outcome.execution_id)
    return found
