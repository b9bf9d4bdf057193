"""End all of one's own sessions but the present one."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import OWN_PROFILE, Actor
from domain.store import audit, sessions
from domain.store.database import transaction
from domain.store.team_scope import every_team


async def end_other_sessions(actor: Actor, present: UUID) -> int:
    """How many there were, in all of the actor's teams. `present` stays."""
    actor.require(OWN_PROFILE)
    if actor.id is None:
        raise NotFound
    with every_team():
        return await _end_all_but(actor, actor.id, present)


async def _end_all_but(actor: Actor, user_id: UUID, present: UUID) -> int:
    async with transaction():
        ended = await sessions.delete_sessions_of(user_id, but=present)
        await audit.record(actor, "end_others", "session", present, after={"ended": ended})
    return ended
