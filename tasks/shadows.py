"""The actor that answers rings for shadows."""

import dramatiq

from tasks.bell import ACTORS, SHADOWS
from tasks.middleware.pipeline import current_pipeline


@dramatiq.actor(actor_name=ACTORS[SHADOWS], queue_name=SHADOWS)
async def judge(_ids: list[str]) -> None:
    """Judge what waits for drafts. Returns at once: passes run one after the other, with rests, and
    what they judge they read from the database. Safe to run twice: an event is counted once."""
    current_pipeline().shadows.ring()
