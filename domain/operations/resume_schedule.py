"""Switch a schedule trigger on again, and say what becomes of the slots it was off for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.encryption import Vault
from domain.errors import InvalidInput, NotFound
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.fire_slots import bring_up_to_date
from domain.operations.run_paused import run_paused
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.resuming import CHOICES, ResumeChoice
from domain.store import triggers
from domain.store.database import transaction
from domain.store.triggers import TriggerRow


@dataclass(frozen=True, slots=True)
class Resumed:
    """The trigger as it is now, and the events to ring for: those of the slots that run."""

    row: TriggerRow
    event_ids: Sequence[UUID]


def resume_choice(text: str, field: str = "catch_up") -> ResumeChoice:
    """The choice of this name. Raises InvalidInput at `field`."""
    found = next((each for each in CHOICES if each == text), None)
    if found is None:
        raise InvalidInput.at(field, f"must be one of {', '.join(CHOICES)}")
    return found


async def resume_schedule(
    actor: Actor, vault: Vault, trigger_id: UUID, choice: ResumeChoice = "policy"
) -> Resumed:
    """On. Of the slots that came due while it was off, those that `choice` names are run now; the
    others stay paused, which is what they were. A trigger that is on already stays so, and nothing
    runs. Raises NotFound."""
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await triggers.lock_trigger(actor.team_id, trigger_id)
        if seen is None:
            raise NotFound
        event_ids = await _run(seen, choice)
        noted = {"catch_up": choice, "slots_run": len(event_ids)} if _was_off(seen) else None
        edit = TriggerEdit(enabled=True, catch_up="none")
        saved = await edit_trigger(actor, vault, trigger_id, edit, action="enable", noted=noted)
    return Resumed(saved.row, event_ids)


def _was_off(seen: TriggerRow) -> bool:
    return seen.kind == "schedule" and not seen.enabled


async def _run(seen: TriggerRow, choice: ResumeChoice) -> list[UUID]:
    if not _was_off(seen):
        return []
    rung = await bring_up_to_date(seen.team_id, seen.id)
    return [*rung, *await run_paused(seen.team_id, seen.id, choice)]
