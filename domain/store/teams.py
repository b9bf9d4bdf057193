"""Teams and who belongs to them."""

from typing import Any
from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import UniqueViolation
from domain.store.tables_of_access import Membership, Team


async def add_team(name: str, slug: str) -> UUID:
    """Add a team; its id. Raises Conflict when the slug is taken."""
    team_id = new_id()
    try:
        await Team.insert(Team(id=team_id, name=name, slug=slug))
    except UniqueViolation:
        raise Conflict("A team of this slug exists.") from None
    return team_id


async def team_by_slug(slug: str) -> dict[str, Any] | None:
    """Its id, name and slug."""
    return await Team.select(Team.id, Team.name, Team.slug).where(Team.slug == slug).first()


async def add_membership(team_id: UUID, user_id: UUID, role: str) -> UUID:
    """Give a user a role in a team; the membership's id. Raises Conflict when there is one."""
    membership_id = new_id()
    member = Membership(id=membership_id, team_id=team_id, user_id=user_id, role=role)
    try:
        await Membership.insert(member)
    except UniqueViolation:
        raise Conflict("This person is a member of the team already.") from None
    return membership_id


async def first_membership(user_id: UUID) -> dict[str, Any] | None:
    """Team and role of the oldest membership: the team that a sign-in opens."""
    return (
        await Membership.select(Membership.team_id, Membership.role)
        .where(Membership.user_id == user_id)
        .order_by(Membership.id)
        .first()
    )
