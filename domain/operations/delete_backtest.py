"""Delete a backtest."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, backtests
from domain.store.database import transaction
from domain.store.pages_backtests import find_backtest


async def delete_backtest(actor: Actor, trigger_id: UUID, backtest_id: UUID) -> None:
    """It goes with all that it found; one that is under way ends by it. Raises NotFound."""
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await find_backtest(actor.team_id, trigger_id, backtest_id)
        if seen is None or not await backtests.delete(actor.team_id, backtest_id):
            raise NotFound
        before = {"trigger_id": trigger_id, "state": seen.state, "judged": seen.judged}
        await audit.record(actor, "delete", "backtest", backtest_id, before=before)
