"""The actor that answers rings for events."""

from collections.abc import Sequence

import dramatiq

from tasks.bell import ACTORS, EVENTS, rung_for
from tasks.middleware.pipeline import current_pipeline


@dramatiq.actor(actor_name=ACTORS[EVENTS], queue_name=EVENTS)
async def decide(ids: list[str], teams: Sequence[str] = ()) -> None:
    """Decide the events of these ids. Returns when they are handed over, so that one team's rings
    do not wait behind another's. Safe to run twice: a decided event is not decided again."""
    current_pipeline().decider.take(rung_for(ids, teams))
