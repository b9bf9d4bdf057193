"""Run a draft of a trigger's conditions in shadow: beside the live ones, without effect."""

from typing import Any
from uuid import UUID

from domain.errors import NotFound
from domain.rules.bodies import read_stored
from domain.rules.conditions import parse_conditions
from domain.rules.json_values import write_json
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, shadows, triggers
from domain.store.database import transaction
from domain.store.shadows import ShadowRow


async def start_shadow(actor: Actor, trigger_id: UUID, conditions: Any) -> ShadowRow:
    """The shadow, which judges each event that is decided from now on. One that runs already ends:
    counts are about one draft.

    Raises NotFound, and InvalidInput for conditions that could not be saved either.
    """
    actor.require(EDIT_TRIGGERS)
    parse_conditions(conditions)
    async with transaction():
        trigger = await triggers.lock_trigger(actor.team_id, trigger_id)
        if trigger is None:
            raise NotFound
        before = await shadows.end_shadow(actor.team_id, trigger_id, None, "discarded", actor.name)
        draft = None if conditions is None else write_json(conditions).decode()
        await shadows.add_shadow(actor.team_id, trigger_id, draft, trigger.version, actor.name)
        await shadows.forget_old_shadows(actor.team_id, trigger_id)
        started = await shadows.running_shadow(actor.team_id, trigger_id)
        assert started is not None  # the trigger is locked
        await audit.record(
            actor, "start_shadow", "trigger", trigger_id,
            before=None if before is None else shadow_facts(before), after=shadow_facts(started),
        )  # fmt: skip
    return started


def shadow_facts(shadow: ShadowRow) -> dict[str, Any]:
    """What an audit entry keeps of a shadow."""
    counts = {name: getattr(shadow.counts, name) for name in shadow.counts.__slots__}
    return {
        "shadow_id": shadow.id,
        "draft": read_stored(shadow.conditions),
        "beside_version": shadow.live_version,
        "started_by": shadow.created_by,
        "started_at": shadow.created_at,
        "counts": counts,
    }
