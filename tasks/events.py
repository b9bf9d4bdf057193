"""The actor that answers rings for events."""

from uuid import UUID

import dramatiq

from tasks.bell import ACTORS, EVENTS
from tasks.middleware.pipeline import current_pipeline


@dramatiq.actor(actor_name=ACTORS[EVENTS], queue_name=EVENTS)
async def decide(ids: list[str]) -> None:
    """Decide the events of these ids. Safe to run twice: a decided event is not decided again."""
    await current_pipeline().decider.decide([UUID(event_id) for event_id in ids])
