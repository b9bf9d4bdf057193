"""End one signing secret of a trigger at once, such as one that leaked."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, secrets, triggers
from domain.store.database import transaction


class LastSecret(Conflict):
    """This is the only secret of the trigger: rotate it instead."""


async def retire_trigger_secret(actor: Actor, trigger_id: UUID, secret_id: UUID) -> None:
    """What this secret signed is refused from now on (within a second).

    Raises NotFound for a secret that is none of the trigger's live ones, and LastSecret for its
    only one: without it nobody could deliver.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        if await triggers.lock_trigger(actor.team_id, trigger_id) is None:
            raise NotFound
        live = [one.id for one in await secrets.trigger_secrets_shown(actor.team_id, trigger_id)]
        if secret_id not in live:
            raise NotFound
        if len(live) == 1:
            raise LastSecret
        if await secrets.retire_trigger_secret(actor.team_id, trigger_id, secret_id) == 0:
            raise NotFound
        facts = {"secret_id": secret_id}
        await audit.record(actor, "retire_secret", "trigger", trigger_id, before=facts)
