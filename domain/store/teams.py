"""Teams and who belongs to them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import Row, UniqueViolation, execute, fetch, fetch_one
from domain.store.tables_of_access import Membership, Team
from domain.store.team_scope import every_team

MOST_LISTED = 500


async def add_team(name: str, slug: str) -> UUID:
    """Add a team; its id. Raises Conflict when the slug is taken."""
    team_id = new_id()
    try:
        await Team.insert(Team(id=team_id, name=name, slug=slug))
    except UniqueViolation:
        raise Conflict("A team of this slug exists.") from None
    return team_id


async def team_by_slug(slug: str) -> dict[str, Any] | None:
    """Its id, name and slug. The system's own team is nobody's to name."""
    of_people = (Team.slug == slug) & (Team.system == False)  # noqa: E712 - Piccolo's way
    return await Team.select(Team.id, Team.name, Team.slug).where(of_people).first()


async def lock_team(team_id: UUID) -> Row | None:
    """Its name and slug; until the transaction ends nobody else changes who belongs to it.

    Rows that only refer to the team (events, executions) are not held up by this lock.
    """
    return await fetch_one("SELECT name, slug FROM team WHERE id = $1 FOR NO KEY UPDATE", team_id)


async def shortest_interval_s(team_id: UUID) -> int:
    """How close together two instants of one of the team's schedules may lie, in seconds."""
    row = await fetch_one("SELECT shortest_interval_s FROM team WHERE id = $1", team_id)
    return int(row["shortest_interval_s"]) if row else 0


async def rename_team(team_id: UUID, was: str, name: str) -> int:
    """Give the team another name; 0 when it is not called `was` any more."""
    return await execute(
        "UPDATE team SET name = $3 WHERE id = $1 AND name = $2", team_id, was, name
    )


class Quotas(NamedTuple):
    """How many schedules a team may have, and the least seconds between two slots of one."""

    most_schedules: int
    shortest_interval_s: int


async def lock_quotas(team_id: UUID) -> Quotas | None:
    """The team's quotas; nobody else changes them until the transaction ends."""
    row = await fetch_one(
        "SELECT most_schedules, shortest_interval_s FROM team WHERE id = $1 FOR NO KEY UPDATE",
        team_id,
    )
    return Quotas(**row) if row else None


async def save_quotas(team_id: UUID, quotas: Quotas) -> int:
    """Change them, within the transaction that locked them."""
    return await execute(
        "UPDATE team SET most_schedules = $2, shortest_interval_s = $3 WHERE id = $1",
        team_id,
        *quotas,
    )


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
    """Team and role of the membership that a sign-in opens: the team someone was last in, or else
    the first that they joined."""
    row = await fetch_one(
        "SELECT team_id, role FROM membership WHERE user_id = $1 "
        "ORDER BY seen_at DESC NULLS LAST, id LIMIT 1",
        user_id,
    )
    return None if row is None else dict(row)


async def memberships_of(user_id: UUID) -> Sequence[Row]:
    """Someone's teams by name: team_id, name, role."""
    with every_team():
        return await fetch(
            "SELECT m.team_id, t.name, m.role FROM membership m JOIN team t ON t.id = m.team_id "
            f"WHERE m.user_id = $1 ORDER BY t.name, t.id LIMIT {MOST_LISTED}",
            user_id,
        )


_MEMBER = (
    "SELECT m.user_id, u.name, u.email, m.role, m.created_at, m.seen_at, "
    "u.password_hash IS NOT NULL AS has_password "
    "FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.team_id = $1"
)


async def members_of(team_id: UUID) -> Sequence[Row]:
    """The team's members by name: user_id, name, email, role, created_at, seen_at, has_password."""
    return await fetch(f"{_MEMBER} ORDER BY lower(u.name), u.id LIMIT {MOST_LISTED}", team_id)


async def member_of(team_id: UUID, user_id: UUID) -> Row | None:
    """One member, with the same columns as in the list."""
    return await fetch_one(f"{_MEMBER} AND m.user_id = $2", team_id, user_id)


async def admins_in(team_id: UUID) -> int:
    """How many admins the team has."""
    row = await fetch_one(
        "SELECT count(*) AS amount FROM membership WHERE team_id = $1 AND role = 'admin'", team_id
    )
    return int(row["amount"]) if row else 0


async def change_role(team_id: UUID, user_id: UUID, was: str, role: str) -> int:
    """Give a member another role; 0 when they are no member any more, or no `was`."""
    return await execute(
        "UPDATE membership SET role = $4 WHERE team_id = $1 AND user_id = $2 AND role = $3",
        team_id,
        user_id,
        was,
        role,
    )


async def remove_membership(team_id: UUID, user_id: UUID) -> int:
    """Take someone out of the team. Their sessions in it, keys and saved views go with it."""
    return await execute(
        "DELETE FROM membership WHERE team_id = $1 AND user_id = $2", team_id, user_id
    )


async def rules_all_teams_of(admin_id: UUID, user_id: UUID) -> bool:
    """Whether `admin_id` is an admin of every team that `user_id` belongs to."""
    with every_team():
        row = await fetch_one(
            "SELECT EXISTS (SELECT FROM membership m WHERE m.user_id = $2 AND NOT EXISTS ("
            "SELECT FROM membership a WHERE a.user_id = $1 AND a.team_id = m.team_id "
            "AND a.role = 'admin')) AS beyond",
            admin_id,
            user_id,
        )
    return row is not None and not row["beyond"]
