"""End one of one's own sessions, on whatever device and in whatever team it is."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import OWN_PROFILE, Actor
from domain.store import audit, sessions
from domain.store.database import transaction
from domain.store.team_scope import every_team


async def end_session(actor: Actor, session_id: UUID) -> None:
    """Its cookie opens nothing any more. Raises NotFound for a session that is not the actor's."""
    actor.require(OWN_PROFILE)
    if actor.id is None:
        raise NotFound
    with every_team():
        await _end(actor, actor.id, session_id)


async def _end(actor: Actor, user_id: UUID, session_id: UUID) -> None:
    async with transaction():
        if not await sessions.delete_own_session(user_id, session_id):
            raise NotFound
        await audit.record(actor, "end", "session", session_id)
