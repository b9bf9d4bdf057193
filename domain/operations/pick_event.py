"""Pick one of a trigger's events to try conditions on."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import SEE_PAYLOADS, Actor
from domain.store.database import Row
from domain.store.recent_events import EventChoice, event_choices, event_of_trigger

MOST_CHOICES = 20


async def choices_of(actor: Actor, trigger_id: UUID) -> list[EventChoice]:
    """The events to choose from, newest first; none for who may not see payloads."""
    if not actor.may(SEE_PAYLOADS):
        return []
    return await event_choices(actor.team_id, trigger_id, MOST_CHOICES)


async def pick_event(actor: Actor, trigger_id: UUID, event_id: UUID) -> Row:
    """The event. Raises NotFound when the trigger has none of this id, Forbidden for who may not
    see payloads."""
    actor.require(SEE_PAYLOADS)
    found = await event_of_trigger(actor.team_id, trigger_id, event_id)
    if found is None:
        raise NotFound
    return found
