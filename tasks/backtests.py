"""The actor that answers rings for backtests."""

from uuid import UUID

import dramatiq

from tasks.bell import ACTORS, BACKTESTS
from tasks.middleware.pipeline import current_pipeline


@dramatiq.actor(actor_name=ACTORS[BACKTESTS], queue_name=BACKTESTS)
async def try_on_history(ids: list[str]) -> None:
    """Carry on the backtests of these ids. Returns when they are handed over, not when they end.
    Safe to run twice: only one claim succeeds."""
    current_pipeline().backtests.take(UUID(backtest_id) for backtest_id in ids)
