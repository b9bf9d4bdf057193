"""Promote the draft that runs beside a trigger: it becomes what events are judged by."""

from uuid import UUID

from domain.encryption import Vault
from domain.errors import NotFound
from domain.operations.create_trigger import SavedTrigger
from domain.operations.discard_shadow import end_running
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.start_shadow import shadow_facts
from domain.rules.bodies import read_stored
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import triggers
from domain.store.database import transaction


async def promote_shadow(
    actor: Actor,
    vault: Vault,
    trigger_id: UUID,
    *,
    shadow_id: UUID | None = None,
    revision: int | None = None,
) -> SavedTrigger:
    """The trigger with the draft's conditions, as a new version; all its other parts stay.

    Raises NotFound, InvalidInput for a draft that can no longer be saved, and Conflict when the
    shadow that was looked at runs no longer, or when the trigger has another revision than that.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        # Locked first, as everything that changes a trigger or its shadow does it: of two people
        # one comes second, and finds nothing that runs.
        if await triggers.lock_trigger(actor.team_id, trigger_id) is None:
            raise NotFound
        ended = await end_running(actor, trigger_id, shadow_id, "promoted")
        draft = read_stored(ended.conditions)
        edit = TriggerEdit(conditions=draft, revision=revision)
        noted = {"shadow": shadow_facts(ended)}
        return await edit_trigger(actor, vault, trigger_id, edit, action="promote", noted=noted)
