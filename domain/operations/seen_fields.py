"""The fields that the latest events of a trigger have, for those who write its conditions."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from domain.rules.bodies import UnreadableBody
from domain.rules.permissions import SEE_PAYLOADS, Actor
from domain.rules.subjects import Subject, subject_of
from domain.store.recent_events import SLICE, recent_events

MOST_EVENTS = 200
MOST_BYTES = 2 * 1024 * 1024


async def look_at_recent(
    actor: Actor, trigger_id: UUID, version: int, look: Callable[[Subject], None]
) -> int:
    """Give each of the latest events to `look`, newest first; how many there were. Those that
    cannot be read are left out, and all of them for who may not see payloads."""
    if not actor.may(SEE_PAYLOADS):
        return 0
    seen = 0
    async for event in recent_events(actor.team_id, trigger_id, MOST_EVENTS, MOST_BYTES):
        seen += 1
        try:
            look(subject_of(event, version))
        except UnreadableBody:
            continue
        if seen % SLICE == 0:
            await asyncio.sleep(0)
    return seen
