"""Teams and who belongs to them."""

from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import Row, UniqueViolation, execute, fetch_one


async def add_team(name: str, slug: str) -> UUID:
    """Add a team; its id. Raises Conflict when the slug is taken."""
    team_id = new_id()
    try:
        await execute("INSERT INTO team (id, name, slug) VALUES ($1, $2, $3)", team_id, name, slug)
    except UniqueViolation:
        raise Conflict("A team of this slug exists.") from None
    return team_id


async def team_by_slug(slug: str) -> Row | None:
    """id, name, slug."""
    return await fetch_one("SELECT id, name, slug FROM team WHERE slug = $1", slug)


async def add_membership(team_id: UUID, user_id: UUID, role: str) -> UUID:
    """Give a user a role in a team; the membership's id. Raises Conflict when there is one."""
    membership_id = new_id()
    try:
        await execute(
            "INSERT INTO membership (id, team_id, user_id, role) VALUES ($1, $2, $3, $4)",
            membership_id,
            team_id,
            user_id,
            role,
        )
    except UniqueViolation:
        raise Conflict("This person is a member of the team already.") from None
    return membership_id


async def first_membership(user_id: UUID) -> Row | None:
    """team_id and role of the oldest membership: the team that a sign-in opens."""
    return await fetch_one(
        "SELECT team_id, role FROM membership WHERE user_id = $1 ORDER BY id LIMIT 1", user_id
    )
