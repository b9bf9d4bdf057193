"""Withdraw an invitation that nobody accepted."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import MANAGE_MEMBERS, Actor
from domain.store import audit, invitations
from domain.store.database import transaction


async def revoke_invitation(actor: Actor, invitation_id: UUID) -> None:
    """Its link opens nothing any more. Raises NotFound for one that is not open."""
    actor.require(MANAGE_MEMBERS)
    async with transaction():
        gone = await invitations.delete_open(actor.team_id, invitation_id)
        if gone is None:
            raise NotFound
        await audit.record(actor, "revoke", "invitation", invitation_id, before=dict(gone))
