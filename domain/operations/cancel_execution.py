"""Cancel an execution that has not ended."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.operations.open_gates import open_gates_left_by
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.store import audit, executions
from domain.store.database import transaction
from domain.store.history import find_execution

CANCELED = "canceled_by_hand"


class HasEnded(Conflict):
    """This execution has ended already."""

    code = "has_ended"


async def cancel_execution(actor: Actor, execution_id: UUID) -> list[UUID]:
    """Queued, running, retrying or held: it ends now. The executions that waited for its place, to
    ring for.

    An attempt under way is on record as canceled, and its worker hears of it within about a second:
    a call that it is making then may have reached its target all the same. Raises NotFound, and
    Conflict when it has ended.
    """
    actor.require(RUN_TRIGGERS)
    async with transaction():
        seen = await find_execution(actor.team_id, execution_id)
        if seen is None:
            raise NotFound
        if not await executions.cancel(actor.team_id, [execution_id], CANCELED):
            raise HasEnded
        let_in = await open_gates_left_by([execution_id])
        before, after = {"state": seen["state"]}, {"state": "canceled"}
        await audit.record(actor, "cancel", "execution", execution_id, before=before, after=after)
    return list(let_in)
