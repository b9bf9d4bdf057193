"""Discard the draft that runs beside a trigger."""

from typing import Literal
from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.operations.start_shadow import shadow_facts
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, shadows, triggers
from domain.store.database import transaction
from domain.store.shadows import ShadowRow


async def discard_shadow(
    actor: Actor, trigger_id: UUID, *, shadow_id: UUID | None = None
) -> ShadowRow:
    """The shadow as it ended. The live conditions stay as they are.

    Raises NotFound, and Conflict when the shadow that was looked at runs no longer.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        if await triggers.lock_trigger(actor.team_id, trigger_id) is None:
            raise NotFound
        ended = await end_running(actor, trigger_id, shadow_id, "discarded")
        await audit.record(
            actor, "discard_shadow", "trigger", trigger_id, before=shadow_facts(ended)
        )
    return ended


async def end_running(
    actor: Actor, trigger_id: UUID, shadow_id: UUID | None, state: Literal["promoted", "discarded"]
) -> ShadowRow:
    """The shadow that ran, ended; of that id, unless it is None. Within a transaction that locked
    the trigger. Raises Conflict when that one runs no longer, and NotFound when none does."""
    ended = await shadows.end_shadow(actor.team_id, trigger_id, shadow_id, state, actor.name)
    if ended is None:
        raise NotFound if shadow_id is None else Conflict
    return ended
