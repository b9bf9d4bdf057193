"""Take someone out of the team."""

from uuid import UUID

from domain.operations.change_role import check_admin_stays, locked_member
from domain.operations.saving import won
from domain.rules.permissions import MANAGE_MEMBERS, Actor
from domain.store import audit, teams
from domain.store.database import transaction


async def remove_member(actor: Actor, user_id: UUID) -> None:
    """Their sessions in this team, their API keys and saved views of it end with it; they
    themselves, and their other teams, stay. Raises NotFound, and LastAdmin."""
    actor.require(MANAGE_MEMBERS)
    async with transaction():
        member = await locked_member(actor.team_id, user_id)
        await check_admin_stays(actor.team_id, member)
        won(await teams.remove_membership(actor.team_id, user_id))
        facts = {"email": member["email"], "role": member["role"]}
        await audit.record(actor, "remove", "user", user_id, before=facts)
