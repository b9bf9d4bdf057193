"""Sign out."""

from uuid import UUID

from domain.rules.key_tokens import token_hash
from domain.rules.permissions import SIGN_OUT, Actor
from domain.store import audit, sessions
from domain.store.database import transaction


async def sign_out(actor: Actor, session_id: UUID, token: str) -> None:
    """End the session: its cookie opens nothing any more."""
    actor.require(SIGN_OUT)
    async with transaction():
        if await sessions.delete_session(token_hash(token)):
            await audit.record(actor, "sign_out", "session", session_id)
