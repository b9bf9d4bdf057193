"""Cancel a backtest."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, backtests
from domain.store.database import transaction
from domain.store.pages_backtests import find_backtest


class HasEnded(Conflict):
    """This backtest has ended already."""


async def cancel_backtest(actor: Actor, trigger_id: UUID, backtest_id: UUID) -> None:
    """Its worker stops within a chunk; what was found until then stays.

    Raises NotFound, and Conflict when it has ended.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await find_backtest(actor.team_id, trigger_id, backtest_id)
        if seen is None:
            raise NotFound
        if not await backtests.cancel(actor.team_id, backtest_id):
            raise HasEnded
        before, after = {"state": seen.state, "judged": seen.judged}, {"state": "canceled"}
        await audit.record(actor, "cancel", "backtest", backtest_id, before=before, after=after)
