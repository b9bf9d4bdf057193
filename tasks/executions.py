"""The actor that answers rings for executions."""

from collections.abc import Sequence

import dramatiq

from tasks.bell import ACTORS, EXECUTIONS, rung_for
from tasks.middleware.pipeline import current_pipeline


@dramatiq.actor(actor_name=ACTORS[EXECUTIONS], queue_name=EXECUTIONS)
async def run(ids: list[str], teams: Sequence[str] = ()) -> None:
    """Run the executions of these ids. Returns when they are handed over, not when they end: the
    ring has done its work then. Safe to run twice: only one claim succeeds."""
    current_pipeline().runner.take(rung_for(ids, teams))
