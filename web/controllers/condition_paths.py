"""What the trigger form offers as paths: those of the last event, or of the sender's sample."""

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.permissions import SEE_PAYLOADS, Actor
from domain.senders import SENDERS
from domain.store.pages import Position
from domain.store.pages_events import event_body, page_of_events
from domain.store.triggers import TriggerRow
from web.presenters.condition_paths import known_paths

MOST_OCTETS = 64 * 1024

Paths = list[tuple[str, str]]


async def paths_for(actor: Actor, scheme: str, row: TriggerRow | None) -> Paths:
    """The paths to choose from, each with a value that it finds."""
    body = None if row is None else await _last_body(actor, row)
    found = _paths_in(body) if body else []
    sender = SENDERS.get(scheme)
    return found or (_paths_in(sender.sample_body()) if sender else [])


async def _last_body(actor: Actor, row: TriggerRow) -> bytes | None:
    if not actor.may(SEE_PAYLOADS):
        return None
    latest = (await page_of_events(actor.team_id, row.id, Position(), size=1)).rows
    if not latest or latest[0].size > MOST_OCTETS:
        return None
    found = await event_body(actor.team_id, latest[0].id)
    return found.body if found else None


def _paths_in(body: bytes) -> Paths:
    try:
        return known_paths(read_json(body))
    except UnreadableBody:
        return []
