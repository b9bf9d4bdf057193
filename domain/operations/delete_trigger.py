"""Delete a trigger."""

from uuid import UUID

from domain.errors import NotFound
from domain.operations.keep_expectation import keep_expectation
from domain.operations.keep_schedule import end_schedule
from domain.operations.saving import check_revision, won
from domain.operations.trigger_parts import trigger_facts
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, secrets, shadows, triggers
from domain.store.database import transaction


async def delete_trigger(actor: Actor, trigger_id: UUID, *, revision: int | None = None) -> None:
    """Its address answers 404 from now on; its events and executions stay.

    Raises NotFound, and Conflict when `revision` is not the present one.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await triggers.lock_trigger(actor.team_id, trigger_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        await secrets.retire_trigger_secrets(actor.team_id, trigger_id)
        await shadows.end_shadow(actor.team_id, trigger_id, None, "discarded", actor.name)
        await end_schedule(actor.team_id, trigger_id)
        await keep_expectation(actor.team_id, trigger_id, None)
        won(await triggers.mark_deleted(seen))
        await audit.record(actor, "delete", "trigger", trigger_id, before=trigger_facts(seen))
