"""Cancel a backfill."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, backfills
from domain.store.database import transaction


class BackfillHasEnded(Conflict):
    """This backfill has ended already."""


async def cancel_backfill(actor: Actor, trigger_id: UUID, backfill_id: UUID) -> None:
    """Its slots that wait are not run any more; those that were released are events like others.

    Raises NotFound, and Conflict when it has ended.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await backfills.find_backfill(actor.team_id, trigger_id, backfill_id)
        if seen is None:
            raise NotFound
        if not await backfills.cancel(actor.team_id, backfill_id):
            raise BackfillHasEnded
        left = await backfills.cancel_slots(actor.team_id, backfill_id)
        before, after = {"state": seen.state}, {"state": "canceled", "not_run": left}
        await audit.record(actor, "cancel", "backfill", backfill_id, before=before, after=after)
