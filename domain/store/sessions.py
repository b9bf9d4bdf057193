"""Signed-in browsers. Looked up on every request, so that what is revoked is dead at once."""

from uuid import UUID

from domain.rules.ids import new_id
from domain.store.database import Row, execute, fetch_one

LIVES_FOR = "14 days"
MAY_IDLE_FOR = "3 days"


async def add_session(token_hash: bytes, team_id: UUID, user_id: UUID) -> UUID:
    """Open a session under a token that was just made; its id."""
    session_id = new_id()
    await execute(
        "INSERT INTO session (id, token_hash, team_id, user_id, expires_at) "
        f"VALUES ($1, $2, $3, $4, now() + interval '{LIVES_FOR}')",
        session_id,
        token_hash,
        team_id,
        user_id,
    )
    return session_id


_FIND = f"""
SELECT s.id, s.team_id, s.user_id, s.expires_at, m.role, u.name, u.email, u.zone, u.locale,
    u.theme, t.name AS team_name,
    s.seen_at < now() - interval '1 minute' AS stale
FROM session s
JOIN membership m ON m.team_id = s.team_id AND m.user_id = s.user_id
JOIN app_user u ON u.id = s.user_id
JOIN team t ON t.id = s.team_id
WHERE s.token_hash = $1 AND s.expires_at > now()
    AND s.seen_at > now() - interval '{MAY_IDLE_FOR}'
"""


async def find_session(token_hash: bytes) -> Row | None:
    """The live session of this token, with the member's present role."""
    return await fetch_one(_FIND, token_hash)


async def note_seen(session_id: UUID) -> None:
    """Remember that the session is in use."""
    await execute("UPDATE session SET seen_at = now() WHERE id = $1", session_id)


async def delete_session(token_hash: bytes) -> int:
    """End the session of this token; how many there were (0 or 1)."""
    return await execute("DELETE FROM session WHERE token_hash = $1", token_hash)


async def delete_expired_sessions(most: int) -> int:
    """Delete what has expired, at most `most`; how many went."""
    return await execute(
        "DELETE FROM session WHERE id IN "
        "(SELECT id FROM session WHERE expires_at < now() LIMIT $1)",
        most,
    )
