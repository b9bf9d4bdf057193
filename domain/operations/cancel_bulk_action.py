"""Cancel a bulk action."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.store import audit, bulk_actions
from domain.store.bulk_actions import find_bulk_action
from domain.store.database import transaction


class BulkHasEnded(Conflict):
    """This bulk action has ended already."""

    code = "has_ended"


async def cancel_bulk_action(actor: Actor, bulk_id: UUID) -> None:
    """It comes to no further execution; what it has done stays done, and replays that it started
    run on. Raises NotFound, and Conflict when it has ended."""
    actor.require(RUN_TRIGGERS)
    async with transaction():
        seen = await find_bulk_action(actor.team_id, bulk_id)
        if seen is None:
            raise NotFound
        if not await bulk_actions.cancel(actor.team_id, bulk_id):
            raise BulkHasEnded
        before, after = {"state": seen.state, "done": seen.done}, {"state": "canceled"}
        await audit.record(actor, "cancel", "bulk_action", bulk_id, before=before, after=after)
