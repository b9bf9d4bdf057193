"""Give a member of the team another role."""

from uuid import UUID

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.saving import won
from domain.rules.permissions import MANAGE_MEMBERS, ROLES, Actor
from domain.store import audit, sessions, teams
from domain.store.database import Row, transaction


class LastAdmin(Conflict):
    """The team needs an admin. Make somebody else one first."""

    code = "last_admin"


async def change_role(actor: Actor, user_id: UUID, role: str, *, was: str | None = None) -> None:
    """All the member's sessions in this team end: what they may do changed, so they sign in anew.

    Raises NotFound, InvalidInput for an unknown role, LastAdmin, and Conflict when the member's
    role is not `was` any more.
    """
    actor.require(MANAGE_MEMBERS)
    if role not in ROLES:
        raise InvalidInput.at("role", f"must be one of {', '.join(ROLES)}")
    async with transaction():
        member = await locked_member(actor.team_id, user_id)
        if was is not None and was != member["role"]:
            raise Conflict
        if role == member["role"]:
            return
        await check_admin_stays(actor.team_id, member)
        won(await teams.change_role(actor.team_id, user_id, member["role"], role))
        await sessions.delete_sessions_in(actor.team_id, user_id)
        before, after = ({"email": member["email"], "role": r} for r in (member["role"], role))
        await audit.record(actor, "change_role", "user", user_id, before=before, after=after)


async def locked_member(team_id: UUID, user_id: UUID) -> Row:
    """The member, while nobody else changes who belongs to the team. Raises NotFound."""
    await teams.lock_team(team_id)
    member = await teams.member_of(team_id, user_id)
    if member is None:
        raise NotFound
    return member


async def check_admin_stays(team_id: UUID, member: Row) -> None:
    """Raises LastAdmin when the team would be left without one. Called under the team's lock: two
    admins who step down at once come one after the other."""
    if member["role"] == "admin" and await teams.admins_in(team_id) == 1:
        raise LastAdmin
