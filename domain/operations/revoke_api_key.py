"""Revoke a key of the JSON API."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import MANAGE_KEYS, Actor
from domain.store import api_keys, audit
from domain.store.database import transaction


async def revoke_api_key(actor: Actor, key_id: UUID) -> None:
    """The key is refused from now on. Raises NotFound, also for one that had ended before."""
    actor.require(MANAGE_KEYS)
    async with transaction():
        revoked = await api_keys.revoke(actor.team_id, key_id)
        if revoked is None:
            raise NotFound
        await audit.record(actor, "revoke", "api_key", key_id, before=dict(revoked))
