"""People who sign in elsewhere: whose account is linked to which subject of a provider."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import Row, UniqueViolation, execute, fetch, fetch_one
from domain.store.invitations import GOOD


async def user_by_subject(subject: str) -> dict[str, Any] | None:
    """Id, email and name of whom this subject is linked to."""
    row = await fetch_one("SELECT id, email, name FROM app_user WHERE oidc_subject = $1", subject)
    return dict(row) if row else None


async def link_subject(user_id: UUID, subject: str) -> int:
    """Link a user to a subject; 0 when they are linked to one already. Raises Conflict when the
    subject is somebody else's."""
    try:
        return await execute(
            "UPDATE app_user SET oidc_subject = $2 WHERE id = $1 AND oidc_subject IS NULL",
            user_id,
            subject,
        )
    except UniqueViolation:
        raise Conflict("This account is linked to somebody else.") from None


async def add_linked_user(email: str, name: str, subject: str) -> UUID:
    """Add a user without a password; the id. Raises Conflict when address or subject is taken."""
    user_id = new_id()
    try:
        await execute(
            "INSERT INTO app_user (id, email, name, oidc_subject) VALUES ($1, $2, $3, $4)",
            user_id,
            email,
            name,
            subject,
        )
    except UniqueViolation:
        raise Conflict("A user of this address was made just now. Start again.") from None
    return user_id


async def has_open_invitation(email: str) -> bool:
    """Whether a team waits for whoever has this address."""
    row = await fetch_one(
        f"SELECT 1 AS found FROM invitation i WHERE i.email = $1 AND {GOOD} LIMIT 1",
        email,
    )
    return row is not None


async def take_invitations(email: str) -> Sequence[Row]:
    """Use up the open invitations of an address; id, team_id, email, role, the newest first."""
    rows = await fetch(
        f"UPDATE invitation i SET accepted_at = now() WHERE i.email = $1 AND {GOOD} "
        "RETURNING id, team_id, email, role",
        email,
    )
    return sorted(rows, key=lambda row: row["id"], reverse=True)
