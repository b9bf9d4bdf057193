"""Open a session: the one way in which somebody gets in, or into another of their teams."""

from domain.operations.one_time_tokens import new_token
from domain.rules.key_tokens import token_hash
from domain.rules.permissions import Actor
from domain.store import audit, sessions
from domain.store.database import transaction
from domain.store.sessions import Device


async def open_session(
    actor: Actor, device: Device, *, old_token: str | None, action: str = "sign_in"
) -> str:
    """The token of a new session of the user `actor`, in the actor's team.

    Always a token that was made just now: none that a browser brought is ever adopted. The session
    of `old_token`, whoever's it was, is ended.
    """
    if actor.kind != "user" or actor.id is None:
        raise ValueError("a session belongs to a user")
    token = new_token()
    async with transaction():
        if old_token is not None:
            await sessions.delete_session(token_hash(old_token))
        session_id = await sessions.add_session(token.hash, actor.team_id, actor.id, device)
        await audit.record(actor, action, "session", session_id)
    return token.text
