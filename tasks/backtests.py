"""The actor that answers rings for backtests and trials of limits."""

from uuid import UUID

import dramatiq

from tasks.bell import ACTORS, BACKTESTS
from tasks.middleware.pipeline import current_pipeline


@dramatiq.actor(actor_name=ACTORS[BACKTESTS], queue_name=BACKTESTS)
async def try_on_history(ids: list[str]) -> None:
    """Carry on the backtests of these ids, and the trials of limits: each runner takes up its own.
    Returns when they are handed over, not when they end. Safe to run twice: only one claim
    succeeds."""
    rung = [UUID(row_id) for row_id in ids]
    current_pipeline().backtests.take(rung)
    current_pipeline().limit_trials.take(rung)
