"""Closing a breaker by hand: whoever knows that the destination is well again need not wait."""

from uuid import UUID

from domain.coordination.breakers import BreakersAway, SharedBreakers
from domain.errors import BreakersUnreachable, NotFound
from domain.operations.note_breaker_change import PORTION
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store import audit, destinations
from domain.store.database import transaction
from domain.store.destinations import Change, DestinationRow


async def reset_breaker(
    actor: Actor, destination_id: UUID, shared: SharedBreakers
) -> DestinationRow:
    """The destination, whose breaker is closed now, and whose next cool-down is the first again.

    Redis goes first, as it decides; who waits is let in here, and by the clock as far as they are
    many. Raises NotFound, and BreakersUnreachable while Redis is away.
    """
    actor.require(EDIT_TRIGGERS)
    seen = await destinations.find_destination(actor.team_id, destination_id)
    if seen is None:
        raise NotFound
    try:
        standing = await shared.reset(destination_id)
    except BreakersAway as away:
        raise BreakersUnreachable from away
    change = Change(
        actor.team_id, destination_id, "closed", "reset", standing.stamp, 0.0, 0.0, 0,
        changed_by=actor.name,
    )  # fmt: skip
    async with transaction():
        await destinations.note_change(change)
        before, after = {"host": seen.host, "state": seen.state}, {"state": "closed"}
        await audit.record(
            actor, "reset_breaker", "destination", destination_id, before=before, after=after
        )
    await destinations.let_in(actor.team_id, destination_id, ["breaker"], PORTION)
    found = await destinations.find_destination(actor.team_id, destination_id)
    if found is None:
        raise NotFound
    return found
