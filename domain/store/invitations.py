"""Invitations into a team. Their tokens are kept as hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import Conflict
from domain.rules.ids import new_id
from domain.store.database import Row, UniqueViolation, execute, fetch, fetch_one

LASTS_FOR = "7 days"
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked into which team as what; `email` in lower case."""

    team_id: UUID
    email: str
    role: str


# What makes a link of `invitation i` good: not accepted, not expired, and whoever made it is an
# admin of the team also now. So nobody who is put out comes back by a link that they made before.
GOOD = """
i.accepted_at IS NULL AND i.expires_at > now() AND (i.made_by IS NULL OR EXISTS (
    SELECT FROM membership m WHERE m.team_id = i.team_id AND m.user_id = i.made_by
        AND m.role = 'admin'))
"""


async def add_invitation(
    asked: Asked, token_hash: bytes, *, invited_by: str, made_by: UUID | None
) -> UUID:
    """Keep an invitation; its id. An open one of the same address is replaced: its link ends.
    `made_by`: the admin, None for the operator. Raises Conflict when someone invites the same
    person right now."""
    await execute(
        "DELETE FROM invitation WHERE team_id = $1 AND email = $2 AND accepted_at IS NULL",
        asked.team_id,
        asked.email,
    )
    invitation_id = new_id()
    try:
        await execute(
            "INSERT INTO invitation (id, team_id, email, role, token_hash, invited_by, made_by, "
            f"expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now() + interval '{LASTS_FOR}')",
            invitation_id,
            asked.team_id,
            asked.email,
            asked.role,
            token_hash,
            invited_by,
            made_by,
        )
    except UniqueViolation:
        raise Conflict("Someone else is inviting this person right now.") from None
    return invitation_id


_COLUMNS = "i.id, i.team_id, i.email, i.role, i.invited_by, i.created_at, i.expires_at"


async def open_invitations(team_id: UUID) -> Sequence[Row]:
    """Those that nobody accepted, newest first, with `ended` for those whose link does nothing."""
    return await fetch(
        f"SELECT {_COLUMNS}, NOT ({GOOD}) AS ended FROM invitation i "
        f"WHERE team_id = $1 AND accepted_at IS NULL ORDER BY id DESC LIMIT {MOST_LISTED}",
        team_id,
    )


async def find_open(team_id: UUID, invitation_id: UUID) -> Row | None:
    """One that nobody accepted, expired or not."""
    return await fetch_one(
        f"SELECT {_COLUMNS} FROM invitation i "
        "WHERE team_id = $1 AND id = $2 AND accepted_at IS NULL",
        team_id,
        invitation_id,
    )


async def find_by_token(token_hash: bytes) -> Row | None:
    """The one that this token accepts, with `team_name`; None when it is used up or expired."""
    return await fetch_one(
        f"SELECT {_COLUMNS}, t.name AS team_name FROM invitation i "
        "JOIN team t ON t.id = i.team_id "
        f"WHERE i.token_hash = $1 AND {GOOD}",
        token_hash,
    )


async def take(token_hash: bytes) -> Row | None:
    """Use the token up: of two at once only one gets the row."""
    return await fetch_one(
        "UPDATE invitation i SET accepted_at = now() "
        f"WHERE i.token_hash = $1 AND {GOOD} RETURNING {_COLUMNS}",
        token_hash,
    )


async def renew(team_id: UUID, invitation_id: UUID, token_hash: bytes, made_by: UUID | None) -> int:
    """Give an open invitation another token, maker and week; 0 when there is none."""
    return await execute(
        "UPDATE invitation SET token_hash = $3, made_by = $4, "
        f"expires_at = now() + interval '{LASTS_FOR}' "
        "WHERE team_id = $1 AND id = $2 AND accepted_at IS NULL",
        team_id,
        invitation_id,
        token_hash,
        made_by,
    )


async def delete_open(team_id: UUID, invitation_id: UUID) -> Row | None:
    """Withdraw an open invitation; its address and role, or None when there is none."""
    return await fetch_one(
        "DELETE FROM invitation WHERE team_id = $1 AND id = $2 AND accepted_at IS NULL "
        "RETURNING email, role",
        team_id,
        invitation_id,
    )
